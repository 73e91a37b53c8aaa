"""Rows that staging could not type go to quarantine, with the reason that stopped them.

A row that deletes is none of them: it says what it has to say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from crm_tasks.contracts import Table, find_table, ops
from crm_tasks.contracts.entities import DELETED, ENTITIES
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.landing_records import quarantine_id
from crm_tasks.warehouse.quarantine import release_typed
from crm_tasks.warehouse.tables import read_table

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import StepReport
    from crm_tasks.steps.run import Run

COLUMNS = ("source_system", "batch_id", "record_no", "reject_reason")


def quarantine_rejected(run: Run, report: StepReport) -> StepReport:
    """Record every rejected staging row and return the report with their number."""
    rejected = [
        row
        for entity in ENTITIES
        if entity in run.profile.entities_fed
        for row in _rejected(run, entity, find_table(f"staging.stg_{entity}"))
    ]
    run.ledger.record(run.claim, ops.QUARANTINE, rejected)
    batches = [batch["batch_id"] for batch in run.ledger.batches_of_run(run.run_id)]
    release_typed(run.ledger, batches, [row["quarantine_id"] for row in rejected])
    return replace(
        report,
        rows_in=report.rows_written,
        rows_written=report.rows_written - len(rejected),
        rows_quarantined=len(rejected),
    )


def _rejected(run: Run, entity: str, table: Table) -> list[dict[str, Any]]:
    rows = read_table(run.home, table, run.run_id, COLUMNS, where_set="reject_reason")
    refused = rows.filter(pc.not_equal(rows.column("reject_reason"), DELETED))
    return [_quarantine_row(entity, row) for row in refused.to_pylist()]


def _quarantine_row(entity: str, row: dict[str, Any]) -> dict[str, Any]:
    record, reason = str(row["record_no"]), row["reject_reason"]
    return {
        "quarantine_id": quarantine_id(row["batch_id"], entity, record, reason),
        "source_system": row["source_system"],
        "entity": entity,
        "source_record_id": record,
        "batch_id": row["batch_id"],
        "stage": "staging",
        "reason": reason,
        "first_seen_at": utc_now(),
    }
