"""Where the command line writes, and how tables look there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: A pipe or a log has no width to fold at.
WIDTH_WITHOUT_TERMINAL = 200

#: Control characters but tab and line feed; those from 128 on are the one-byte forms of ESC [.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

output = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)
errors = Console(stderr=True, soft_wrap=True)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder with everything generated (default: CRM_HOME or ./var)"),
]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print rows as a table or, where that would not fit, each row as a list of its values."""
    names = [_shown(name) for name in columns]
    listed = [[_shown(value) for value in row] for row in rows]
    if title:
        output.print(title)
    if _width(names, listed) <= output.width:
        output.print(_side_by_side(names, listed))
    else:
        for number, row in enumerate(listed, start=1):
            output.print(f"row {number}", style="dim")
            output.print(_one_below_the_other(names, row))


def _shown(value: object) -> str:
    """Return a value as text in which no sign can command the terminal."""
    return "" if value is None else CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(value))


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the columns of the terminal that a table of these texts needs."""
    widest = [max(cell_len(text) for text in texts) for texts in zip(columns, *rows, strict=True)]
    return sum(widest) + 2 * len(widest)


def _side_by_side(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _one_below_the_other(columns: Sequence[str], row: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for column, text in zip(columns, row, strict=True):
        table.add_row(Text(f"  {column}"), Text(text))
    return table
