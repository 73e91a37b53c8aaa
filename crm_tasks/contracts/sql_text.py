"""How names and texts enter an SQL statement: these two functions, nothing else."""

from __future__ import annotations


def quoted(identifier: str) -> str:
    """Return an SQL identifier, quoted; the only way a name enters a statement.

    >>> quoted('odd"name')
    '"odd""name"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: object) -> str:
    """Return an SQL string literal; the only way a text or path enters a statement.

    >>> literal("the seller's price")
    "'the seller''s price'"
    """
    return "'" + str(text).replace("'", "''") + "'"
