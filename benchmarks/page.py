"""docs/acceptance.md: the latest judgement of every line, with when, where and on which commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.acceptance import Row

INTRODUCTION = """\
# Acceptance

Written by `make accept` (one issue: `make accept ISSUE=1`). Each row is a claim of the product,
what was measured and the verdict: **holds**, **MISSED**, or *not run* with the reason. Sections of
issues that were not judged again stand as they were.
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
    parts = [f"## Issue {number}\n\n{sections[number]}\n" for number in sorted(sections)]
    return "\n".join([INTRODUCTION, *parts])


def read_sections(page: str) -> dict[int, str]:
    """Return the text below each issue's heading, by issue."""
    _, *found = HEADING.split(page)
    return {int(number): body.strip() for number, body in zip(found[::2], found[1::2], strict=True)}


def _section(rows: Sequence[Row], where: str) -> str:
    lines = [where, "", "| claim | measured | verdict |", "|---|---|---|"]
    lines += [f"| {_cell(r.claim)} | {_cell(r.measured)} | {_shown(r.verdict)} |" for r in rows]
    return "\n".join(lines)


def _shown(verdict: str) -> str:
    return f"*{verdict}*" if verdict == "not run" else f"**{verdict}**"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
