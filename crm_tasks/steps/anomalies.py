"""The step that finds customers who lately do what they never did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.ml.anomalies.find import find_anomalies
from crm_tasks.ml.anomalies.histories import ORDERS
from crm_tasks.ml.anomalies.params import AnomalyParams
from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.steps.outlook import contribute

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run


def find_unusual(run: Run) -> StepReport:
    """Contribute who is unusual, why, and what the methods were judged to be."""
    orders = run.read("core.fct_orders", ORDERS)
    with run.scratch(orders=orders) as scratch:
        found = find_anomalies(
            scratch, run.as_of, run.profile.time_zone, AnomalyParams(), JudgementParams()
        )
    handed = contribute(run, (found.judgement,), found.cards)
    scored = run.write_part("ml.predictions", found.predictions)
    reasons = run.write_part("ml.prediction_reasons", found.reasons)
    return StepReport(
        rows_in=orders.num_rows,
        rows_written=handed + scored + reasons,
        message=f"{scored:,} customers looked at by {found.judgement.champion}",
    )
