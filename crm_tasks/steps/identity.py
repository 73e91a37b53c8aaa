"""The step that says which source record is which customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.identity.records import found_customers, record_new_customers

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

REFERENCE = ("source_system", "customer_source_id", "first_known_at")


def resolve(run: Run) -> StepReport:
    """Write identity.records and identity.events."""
    references = run.read("staging.stg_customer_references", REFERENCE)
    previous = run.read_predecessor("identity.records")
    records = found_customers(references, run.key, run.as_of, run.profile.time_zone)
    with run.scratch() as scratch:
        events = record_new_customers(scratch, records, previous, run.as_of)
    events = with_decided(events, run.read_decided("identity.events"))
    written = run.write("identity.records", records)
    created = run.write("identity.events", events)
    return StepReport(
        rows_in=references.num_rows,
        rows_written=written + created,
        message=f"{written:,} records, {created:,} new customers",
    )


def with_decided(events: pa.Table, decided: pa.Table | None) -> pa.Table:
    """Return what was recorded for a date that is over, and what late records add to it."""
    if decided is None:
        return events
    is_known = pc.is_in(events.column("event_id"), value_set=decided.column("event_id"))
    added = events.filter(pc.invert(is_known)).select(decided.column_names)
    return pa.concat_tables([decided, added.cast(decided.schema)])
