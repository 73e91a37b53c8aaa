"""Stands in for dbt's ``exceptions`` in templates."""

from typing import NoReturn


def raise_compiler_error(message: str) -> NoReturn:
    """Stop rendering, as dbt would."""
    raise ValueError(message)
