"""A whole company whose truth is known: seed and size in, source files out.

The generator writes what a real company's systems would export, dirt included, and apart from it
an answer key that no pipeline can reach. It is the test bed of every capability; all its people,
organizations and texts are invented.
"""

from crm_tasks.planted.company import SIZES, Company, Size

__all__ = ["SIZES", "Company", "Size"]
