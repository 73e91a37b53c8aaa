"""What came out of checking: rows for the ops tables, and the one decision that follows.

Nothing here holds a value of the data: counts, aggregates over many rows, and keys of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.ops import DQ_FAILED_ROWS, DQ_RESULTS
from crm_tasks.errors import LISTED_AT_MOST, GateFailed

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ExpectationOutcome:
    """One expectation, checked.

    Parameters
    ----------
    n_rows, n_unexpected : int or None
        Rows checked (rows without a value do not count) and rows that do not fit.
    observed_value : float or None
        Share of rows that fit, or the figure of a whole table; never the value of one row.
    failed_keys : tuple of str
        Keys of the first rows that do not fit; ``n_unexpected`` is their full number.
    file : str
        Where the expectation stands.
    """

    suite: str
    expectation: str
    table_name: str
    column_name: str
    is_success: bool
    severity: str
    n_rows: int | None
    n_unexpected: int | None
    observed_value: float | None
    threshold: str
    treatment: str
    why: str
    failed_keys: tuple[str, ...] = ()
    file: str = ""

    @property
    def stops_the_run(self) -> bool:
        return self.severity == "critical" and not self.is_success


def result_rows(run_id: str, outcomes: Sequence[ExpectationOutcome]) -> pa.Table:
    """Return the rows of ``ops.dq_results``, one per expectation."""
    names = [name for name in DQ_RESULTS.column_names if name != "run_id"]
    rows = [{"run_id": run_id} | {name: getattr(o, name) for name in names} for o in outcomes]
    return pa.Table.from_pylist(rows, schema=DQ_RESULTS.arrow_schema)


def failed_rows(run_id: str, outcomes: Sequence[ExpectationOutcome]) -> pa.Table:
    """Return the rows of ``ops.dq_failed_rows``: the key of each row that does not fit."""
    rows = [
        {
            "run_id": run_id,
            "expectation": outcome.expectation,
            "table_name": outcome.table_name,
            "column_name": outcome.column_name,
            "row_key": key,
        }
        for outcome in outcomes
        for key in outcome.failed_keys
    ]
    return pa.Table.from_pylist(rows, schema=DQ_FAILED_ROWS.arrow_schema)


def refuse_critical_failures(
    layer: str, run_id: str, outcomes: Sequence[ExpectationOutcome]
) -> None:
    """Raise if a critical expectation does not hold.

    Raises
    ------
    GateFailed
        The message names each such expectation, its table and column, how many rows do not fit,
        the file it stands in and how to see the rows.
    """
    stopping = [outcome for outcome in outcomes if outcome.stops_the_run]
    if not stopping:
        return
    lines = [_sentence(outcome) for outcome in stopping[:LISTED_AT_MOST]]
    if len(stopping) > LISTED_AT_MOST:
        lines.append(f"and {len(stopping) - LISTED_AT_MOST} more")
    query = (  # for a person to type; nothing here runs it
        "select expectation, table_name, row_key from dq_failed_rows "  # noqa: S608
        f"where run_id = '{run_id}' and expectation = '{stopping[0].expectation}'"
    )
    raise GateFailed(
        f"gate {layer}: {len(stopping)} critical expectation(s) do not hold, "
        "nothing is published from this run\n  "
        + "\n  ".join(lines)
        + f'\n  see the rows: crm sql --ops "{query}"'
    )


def _sentence(outcome: ExpectationOutcome) -> str:
    where = ".".join(part for part in (outcome.table_name, outcome.column_name) if part)
    if outcome.n_unexpected is not None:
        found = f"{outcome.n_unexpected:,} of {outcome.n_rows or 0:,} rows do not fit"
    elif outcome.observed_value is not None:
        found = f"the figure is {outcome.observed_value:,.15g}"
    else:
        found = "it does not hold"
    return (
        f"{outcome.expectation} on {where}: {found}; expected {outcome.threshold} ({outcome.file})"
    )
