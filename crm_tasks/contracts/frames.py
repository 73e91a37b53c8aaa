"""The small interfaces between pure functions and the shell around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


class Scratch(Protocol):
    """A private in-memory SQL engine lent to a pure function (see ``warehouse.scratch``).

    No access to files or network; it ends with the call it was lent for.
    """

    @property
    def connection(self) -> Any:
        """The engine itself, for a library that speaks SQL to it on its own (Splink)."""

    def register(self, name: str, rows: pa.Table) -> None:
        """Make ``rows`` readable as table ``name``."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Return the result of one statement; ``$name`` parameters are bound, never pasted."""


@dataclass(frozen=True)
class StepReport:
    """What a step did, for the progress line, ``ops.task_runs`` and the scheduler.

    ``rows_written`` counts the rows of what stands afterwards, ``rows_touched`` those that were
    deleted, inserted or written to get there; None where nobody counted. ``figures`` are a few
    named numbers worth showing to a person; ``message`` is one line.
    """

    rows_in: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0
    message: str = ""
    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    rows_touched: int | None = None
