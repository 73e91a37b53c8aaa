"""Which source record is which customer: here each record is a customer of its own.

A customer's id is made from the record that founded the customer and the home's key, so that the
same record gives the same id on every machine that holds the key, and nobody without it can tell
which record an id stands for. Matching records of one person with one another comes on top of
this and keeps the older id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.privacy.keys import keyed_digest

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch

ID_LENGTH = 32


def found_customers(
    references: pa.Table, key: bytes, as_of: dt.date, time_zone: str = "UTC"
) -> pa.Table:
    """Return the rows of identity.records: one customer per record known before ``as_of``.

    Parameters
    ----------
    references : pyarrow.Table
        One row per source_system and customer_source_id, with first_known_at (UTC), as
        staging.stg_customer_references holds it.
    key : bytes
        Key of the pseudonyms.
    as_of, time_zone : date, str
        Records first known at or after 00:00 of this date, in this zone, do not exist yet.

    Examples
    --------
    >>> known = dt.datetime.fromisoformat("2024-01-01")
    >>> references = pa.table(
    ...     {"source_system": ["crm"], "customer_source_id": ["7"], "first_known_at": [known]}
    ... )
    >>> rows = found_customers(references, b"key", dt.date(2024, 2, 1))
    >>> rows["match_status"].to_pylist(), len(rows["customer_id"][0].as_py())
    (['singleton'], 32)
    """
    start = pa.scalar(start_of(as_of, time_zone), pa.timestamp("us"))
    is_known = pc.less(references.column("first_known_at").cast(pa.timestamp("us")), start)
    known = references.filter(is_known)
    systems, records = (
        known.column(c).to_pylist() for c in ("source_system", "customer_source_id")
    )
    ids = [keyed_digest(key, *record) for record in zip(systems, records, strict=True)]
    n = known.num_rows
    return pa.table(
        {
            "source_system": known.column("source_system"),
            "source_record_id": known.column("customer_source_id"),
            "customer_id": pa.array(ids, pa.string()),
            "match_status": pa.repeat("singleton", n),
            "cluster_size": pa.repeat(pa.scalar(1, pa.int32()), n),
            "first_linked_at": known.column("first_known_at").cast(pa.timestamp("us")),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


_CREATED = """
select
    records.customer_id,
    min(records.first_linked_at) as occurred_at
from records
where records.customer_id not in (select previous_records.customer_id from previous_records)
group by records.customer_id
order by records.customer_id
"""


def record_new_customers(
    scratch: Scratch, records: pa.Table, previous: pa.Table | None, as_of: dt.date
) -> pa.Table:
    """Return the rows of identity.events: 'created' for each customer the predecessor has not."""
    scratch.register("records", records)
    scratch.register("previous_records", records.slice(0, 0) if previous is None else previous)
    created = scratch.query(_CREATED)
    ids = created.column("customer_id").to_pylist()
    n = len(ids)
    return pa.table(
        {
            "event_id": pa.array([_event_id("created", customer) for customer in ids], pa.string()),
            "event_type": pa.repeat("created", n),
            "customer_id": created.column("customer_id"),
            "other_customer_id": pa.nulls(n, pa.string()),
            "reason": pa.repeat("first_record", n),
            "occurred_at": created.column("occurred_at"),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def start_of(as_of: dt.date, time_zone: str) -> dt.datetime:
    """Return 00:00 of a date in a time zone as an instant in UTC, without zone.

    >>> start_of(dt.date(2024, 7, 1), "Asia/Shanghai").isoformat()
    '2024-06-30T16:00:00'
    """
    local = dt.datetime.combine(as_of, dt.time(), ZoneInfo(time_zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def _event_id(event_type: str, customer_id: str) -> str:
    content = f"{event_type}\x1f{customer_id}"
    return hashlib.sha256(content.encode()).hexdigest()[:ID_LENGTH]
