"""Guanxi: customer data in, a relationship graph and a network strategy out."""

__version__ = "0.1.0"
