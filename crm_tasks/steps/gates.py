"""The gates: check a layer, record every result, stop the run if a critical one does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.quality.gate import check_gate
from crm_tasks.quality.outcomes import failed_rows, refuse_critical_failures, result_rows
from crm_tasks.quality.suites import RunFacts

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run


def gate_landing(run: Run) -> StepReport:
    """Check the typed rows of every entity some source feeds."""
    return _gate("landing", run)


def gate_core(run: Run) -> StepReport:
    """Check facts and dimensions."""
    return _gate("core", run)


def gate_features(run: Run) -> StepReport:
    """Check what is known about each customer."""
    return _gate("features", run)


def gate_graph(run: Run) -> StepReport:
    """Check ties, measures and communities."""
    return _gate("graph", run)


def gate_strategy(run: Run) -> StepReport:
    """Check the planned actions."""
    return _gate("strategy", run)


def _gate(layer: str, run: Run) -> StepReport:
    profile = run.profile
    facts = RunFacts(run.as_of, profile.time_zone, profile.contact.channels, profile.entities_fed)
    outcomes = check_gate(layer, run.read, facts)
    run.ledger.record_dq_results(run.claim, result_rows(run.run_id, outcomes))
    run.ledger.record_dq_failed_rows(run.claim, failed_rows(run.run_id, outcomes))
    refuse_critical_failures(layer, run.run_id, outcomes)
    warnings = [outcome for outcome in outcomes if not outcome.is_success]
    return StepReport(
        message=f"{len(outcomes)} expectations checked, {len(warnings)} warnings",
        figures={"checked": len(outcomes), "warnings": len(warnings)},
    )
