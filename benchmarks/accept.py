"""`make accept`: judge the acceptance lines that are too long for the suite, one row each."""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import (  # noqa: F401 (importing registers their lines)
    change,
    connectors,
    effects,
    foundation,
    identity,
    killed_senders,
    learning,
    outlook,
    own_campaign,
    planning,
    planted,
    planted_entities,
    planted_plans,
    profiles,
    relationships,
    throughput,
    voice,
    voice_reach,
)
from benchmarks.acceptance import REGISTRY, Row, judge
from benchmarks.machine import describe_commit, describe_machine, today
from benchmarks.page import render_again, render_page
from benchmarks.workshop import REPOSITORY, Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = REPOSITORY / "docs" / "acceptance.md"
COLOURS = {"holds": "green", "MISSED": "bold red", "not run": "yellow"}

screen = Console(highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, print, write the page; return 1 if any line is missed, else 0."""
    given = _parser().parse_args(arguments)
    lines = [one for one in REGISTRY.lines(given.issue) if given.line.lower() in one.claim.lower()]
    if not lines:
        screen.print(
            f"no acceptance lines for issue {given.issue}: {given.line!r}", style="bold red"
        )
        return 2
    # What a clone holds is HEAD as it is now, whatever is edited or committed later.
    where = f"{today()}, commit {describe_commit(REPOSITORY).rstrip('+')}, {describe_machine()}"

    def keep(row: Row) -> None:
        """Print a row and write it at once: lines run long, and may be stopped."""
        _tell(row)
        if not given.here:
            write_page(PAGE, [row], where, is_whole=False)

    with tempfile.TemporaryDirectory(prefix="accept-") as folder:
        workshop = Workshop(Path(folder), is_fresh=not given.here)
        rows = judge(lines, workshop, keep)
    if given.here:
        screen.print("measured in this checkout, not in a fresh clone: the page is left as it is")
    elif not given.line:
        write_page(PAGE, rows, where)
    missed = sum(row.verdict == "MISSED" for row in rows)
    screen.print(f"\n{len(rows)} lines, {missed} missed", style="bold")
    return 1 if missed else 0


def write_page(page: Path, rows: Sequence[Row], where: str, *, is_whole: bool = True) -> None:
    """Put the rows into the page; sections of issues that were not judged stay.

    Rows that are not all of their issue take the place of their former judgement only.
    """
    judged = {issue: list(own) for issue, own in groupby(rows, key=lambda row: row.issue)}
    former = page.read_text(encoding="utf-8") if page.exists() else ""
    told = render_page(former, judged, where) if is_whole else render_again(former, rows, where)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(told, encoding="utf-8")


def _tell(row: Row) -> None:
    colour = COLOURS[row.verdict]
    screen.print(f"[{colour}]{row.verdict:<8}[/] {row.issue}  ", end="")
    screen.print(row.claim, markup=False)
    screen.print(f"            {row.measured}", style="dim", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make accept", description=__doc__)
    parser.add_argument("--issue", type=int, choices=range(1, 8), help="one issue's lines only")
    parser.add_argument("--line", default="", help="lines whose claim has these words only")
    parser.add_argument(
        "--here", action="store_true", help="judge this checkout, not a fresh clone: quicker"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
