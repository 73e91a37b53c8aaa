"""The registry of acceptance lines: what is claimed, how it is measured, whether it holds.

A line is a function of a :class:`~benchmarks.workshop.Workshop`, registered by :func:`line`. It
returns what it measured and whether the claim holds, or raises :class:`NotRun` with the reason why
it cannot be measured on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.workshop import Workshop

Verdict = Literal["holds", "MISSED", "not run"]


class NotRun(Exception):
    """The line cannot be measured here; the message says what is missing."""


@dataclass(frozen=True)
class Measured:
    """What a line found, as one sentence of figures, and whether that is what is claimed."""

    text: str
    holds: bool


@dataclass(frozen=True)
class Line:
    """One acceptance line of an issue of the product (1 to 7)."""

    issue: int
    claim: str
    measure: Callable[[Workshop], Measured]


@dataclass(frozen=True)
class Row:
    """One line as it was judged."""

    issue: int
    claim: str
    measured: str
    verdict: Verdict


class Registry:
    """The acceptance lines, in the order they were declared."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def line(
        self, issue: int, claim: str
    ) -> Callable[[Callable[[Workshop], Measured]], Callable[[Workshop], Measured]]:
        """Register a function as the measurement of a claim."""

        def register(
            measure: Callable[[Workshop], Measured],
        ) -> Callable[[Workshop], Measured]:
            self._lines.append(Line(issue, claim, measure))
            return measure

        return register

    def lines(self, issue: int | None = None) -> tuple[Line, ...]:
        """Return the lines of one issue, or all, ordered by issue and then as declared."""
        chosen = (line for line in self._lines if issue is None or line.issue == issue)
        return tuple(sorted(chosen, key=lambda line: line.issue))


REGISTRY = Registry()
line = REGISTRY.line


def judge(lines: Iterable[Line], workshop: Workshop, tell: Callable[[Row], None]) -> list[Row]:
    """Measure the lines one after another, telling each row as soon as it is known."""
    rows = []
    for one in lines:
        row = _judged(one, workshop)
        tell(row)
        rows.append(row)
    return rows


def _judged(one: Line, workshop: Workshop) -> Row:
    try:
        measured = one.measure(workshop)
    except NotRun as reason:
        return Row(one.issue, one.claim, str(reason), "not run")
    except Exception as error:  # noqa: BLE001 (a line that breaks is missed; the next goes on)
        said = (str(error).strip() or "no message").splitlines()[0]
        return Row(one.issue, one.claim, f"{type(error).__name__}: {said}", "MISSED")
    return Row(one.issue, one.claim, measured.text, "holds" if measured.holds else "MISSED")
