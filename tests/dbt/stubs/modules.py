"""Stands in for dbt's ``modules`` in templates: what the macros use of it."""

import re

__all__ = ["re"]
