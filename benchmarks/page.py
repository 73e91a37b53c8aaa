"""docs/acceptance.md: the latest judgement of every line, with when, where and on which commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.acceptance import Row

INTRODUCTION = """\
# Acceptance

Written by `make accept` (one issue: `make accept ISSUE=1`; lines with some words:
`make accept LINE=words`). Each row is a claim of the product, what was measured and the verdict:
**holds**, **MISSED**, or *not run* with the reason. What was not judged again stands as it was.
"""
HEADING = re.compile(r"^## Issue (\d+)$", re.MULTILINE)


def render_page(former: str, judged: Mapping[int, Sequence[Row]], where: str) -> str:
    """Return the page with the sections of the judged issues made anew, the others kept.

    Parameters
    ----------
    former : str
        The page as it stands; '' when there is none.
    judged : mapping of int to sequence of Row
        Rows by issue.
    where : str
        Date, commit and machine, one line.
    """
    sections = {**read_sections(former), **{n: _section(judged[n], where) for n in judged}}
    return _page(sections)


def render_again(former: str, rows: Sequence[Row], where: str) -> str:
    """Return the page with single rows judged again, each with its own date, commit and machine."""
    sections = read_sections(former)
    for row in rows:
        told = _row(row, f"{row.measured} (judged again: {where})")
        heading = f"| {_cell(row.claim)} |"
        lines = sections.get(row.issue, _section([], where)).splitlines()
        places = [number for number, line in enumerate(lines) if line.startswith(heading)]
        at = slice(places[0], places[0] + 1) if places else slice(len(lines), None)
        lines[at] = [told]
        sections[row.issue] = "\n".join(lines)
    return _page(sections)


def read_sections(page: str) -> dict[int, str]:
    """Return the text below each issue's heading, by issue."""
    _, *found = HEADING.split(page)
    return {int(number): body.strip() for number, body in zip(found[::2], found[1::2], strict=True)}


def _page(sections: Mapping[int, str]) -> str:
    parts = [f"## Issue {number}\n\n{sections[number]}\n" for number in sorted(sections)]
    return "\n".join([INTRODUCTION, *parts])


def _section(rows: Sequence[Row], where: str) -> str:
    lines = [where, "", "| claim | measured | verdict |", "|---|---|---|"]
    lines += [_row(row, row.measured) for row in rows]
    return "\n".join(lines)


def _row(row: Row, measured: str) -> str:
    return f"| {_cell(row.claim)} | {_cell(measured)} | {_shown(row.verdict)} |"


def _shown(verdict: str) -> str:
    return f"*{verdict}*" if verdict == "not run" else f"**{verdict}**"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
