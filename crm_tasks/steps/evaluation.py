"""The step that looks back at past campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.evaluation.response import measure_response

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

READS = {
    "customers": ("core.dim_customers", ("customer_id",)),
    "campaigns": (
        "core.dim_campaigns",
        ("campaign_id", "start_date", "end_date", "is_randomized"),
    ),
    "contacts": ("core.fct_contacts", ("campaign_id", "customer_id", "converted_at")),
    "orders": ("core.fct_orders", ("customer_id", "ordered_at")),
}


def measure_campaign_response(run: Run) -> StepReport:
    """Write evaluation.campaign_response."""
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    with run.scratch(**frames) as scratch:
        responses = measure_response(scratch, run.as_of, run.profile.time_zone)
    written = run.write("evaluation.campaign_response", responses)
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=written,
        message=f"{written} campaigns with contacts, observational unless drawn at random",
    )
