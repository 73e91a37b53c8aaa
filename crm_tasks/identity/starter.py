"""What is assumed of a level where a company's own records are too few to tell.

Typical shares from several invented companies and the FEBRL data sets 2 and 3; each gives way to
what the data show as soon as they show anything.
"""

from __future__ import annotations

M = {
    "name": (0.50, 0.35, 0.005, 0.01, 0.02, 0.04, 0.02, 0.01, 0.015, 0.01, 0.02),
    "email": (0.60, 0.02, 0.38),
    "phone": (0.60, 0.02, 0.38),
    "birth": (0.95, 0.005, 0.01, 0.01, 0.005, 0.02),
    "address": (0.65, 0.10, 0.05, 0.02, 0.03, 0.15),
    "area": (0.60, 0.10, 0.03, 0.20, 0.02, 0.02, 0.03),
}
U = {
    "name": (2e-5, 1e-5, 4e-6, 2e-6, 8e-6, 2e-5, 7e-4, 2e-3, 1.2e-2, 1.2e-2, 0.972),
    "email": (2e-7, 1e-6, 1.0),
    "phone": (3e-7, 1e-6, 1.0),
    "birth": (6e-5, 1e-5, 1e-3, 3e-3, 1.6e-2, 0.98),
    "address": (1e-5, 2e-6, 1e-3, 5e-3, 2e-2, 0.974),
    "area": (1e-5, 1e-5, 1e-3, 4e-2, 1e-4, 1e-2, 0.949),
}
