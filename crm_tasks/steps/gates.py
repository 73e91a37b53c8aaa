"""The gates: check a layer, record every result, stop the run if a critical one does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.contracts.entities import DELETED
from crm_tasks.contracts.frames import StepReport
from crm_tasks.quality.gate import check_gate
from crm_tasks.quality.outcomes import failed_rows, refuse_critical_failures, result_rows
from crm_tasks.quality.suites import RunFacts
from crm_tasks.steps.deliveries import delivery_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from crm_tasks.quality.gate import Reader
    from crm_tasks.quality.outcomes import ExpectationOutcome
    from crm_tasks.steps.run import Run


def gate_landing(run: Run) -> StepReport:
    """Check the typed rows of every entity some source feeds, and what was delivered."""
    return _gate("landing", run, _records_only(run), delivery_outcomes(run))


def gate_core(run: Run) -> StepReport:
    """Check facts and dimensions."""
    return _gate("core", run)


def gate_features(run: Run) -> StepReport:
    """Check what is known about each customer."""
    return _gate("features", run)


def gate_graph(run: Run) -> StepReport:
    """Check ties, measures and communities."""
    return _gate("graph", run)


def gate_ml(run: Run) -> StepReport:
    """Check segments, patterns and predictions."""
    return _gate("ml", run)


def gate_strategy(run: Run) -> StepReport:
    """Check the planned actions."""
    return _gate("strategy", run)


def _gate(
    layer: str,
    run: Run,
    read: Reader | None = None,
    more: Sequence[ExpectationOutcome] = (),
) -> StepReport:
    profile = run.profile
    facts = RunFacts(run.as_of, profile.time_zone, profile.contact.channels, profile.entities_fed)
    outcomes = [*more, *check_gate(layer, read or run.read, facts)]
    run.ledger.record_dq_results(run.claim, result_rows(run.run_id, outcomes))
    run.ledger.record_dq_failed_rows(run.claim, failed_rows(run.run_id, outcomes))
    refuse_critical_failures(layer, run.run_id, outcomes)
    warnings = [outcome for outcome in outcomes if not outcome.is_success]
    return StepReport(
        message=f"{len(outcomes)} expectations checked, warnings: {len(warnings)}",
        figures={"checked": len(outcomes), "warnings": len(warnings)},
    )


def _records_only(run: Run) -> Reader:
    """Return a reader of staging that passes over what deletes: it need not be a whole record."""

    def read(table: str, columns: tuple[str, ...]) -> pa.Table:
        if "reject_reason" not in find_table(table).column_names:
            return run.read(table, columns)
        rows = run.read(table, tuple(dict.fromkeys((*columns, "reject_reason"))))
        reasons = rows.column("reject_reason")
        is_deletion = pc.equal(reasons, DELETED).fill_null(False)
        kept = rows if not pc.any(is_deletion).as_py() else rows.filter(pc.invert(is_deletion))
        return kept.select(list(columns))

    return read
