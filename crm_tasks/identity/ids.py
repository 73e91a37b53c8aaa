"""Persistent customers: which record founded whom, and what changed since the last run.

A customer's id is made from the record that founded the customer and the home's key, so that the
same record gives the same id on every machine that holds the key, and nobody without it can tell
which record an id stands for. The founding record is the one landed first (then by source and
identifier): never what a source says of itself, which may be corrected. So a merge keeps the older
id, and a split gives the part without the founding record an id of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.privacy.keys import keyed_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Ints = npt.NDArray[np.int64]
EVENT_ID_LENGTH = 32
#: Within one date events are taken up in this order (see :func:`replay`).
EVENT_ORDER = ("erased", "merged", "split", "created", "linked")


def number_records(references: pa.Table, as_of: dt.date, time_zone: str = "UTC") -> pa.Table:
    """Return the records known before a date, oldest founding first: their row is their number.

    Parameters
    ----------
    references : pyarrow.Table
        One row per source_system and customer_source_id, with first_known_at (UTC) and
        first_landing_sequence, as staging.stg_customer_references holds it.
    as_of, time_zone : date, str
        Records first known at or after 00:00 of this date, in this zone, do not exist yet.

    Examples
    --------
    >>> known = dt.datetime.fromisoformat("2024-01-01")
    >>> rows = number_records(
    ...     pa.table({
    ...         "source_system": ["shop", "crm"], "customer_source_id": ["7", "9"],
    ...         "first_known_at": [known, known], "first_landing_sequence": [2, 1],
    ...     }),
    ...     dt.date(2024, 2, 1),
    ... )
    >>> rows["record_key"].to_pylist()
    ['crm:9', 'shop:7']
    """
    start = pa.scalar(start_of(as_of, time_zone), pa.timestamp("us"))
    known_at = references.column("first_known_at").cast(pa.timestamp("us"))
    known = references.filter(pc.less(known_at, start)).sort_by(
        [
            ("first_landing_sequence", "ascending"),
            ("source_system", "ascending"),
            ("customer_source_id", "ascending"),
        ]
    )
    systems, ids = known.column("source_system"), known.column("customer_source_id")
    return pa.table(
        {
            "record": pa.array(np.arange(known.num_rows, dtype=np.int64)),
            "source_system": systems,
            "source_record_id": ids,
            "record_key": pc.binary_join_element_wise(systems, ids, ":"),
            "first_known_at": known.column("first_known_at").cast(pa.timestamp("us")),
            "founding_sequence": known.column("first_landing_sequence").cast(pa.int64()),
        }
    )


def customer_ids(records: pa.Table, label: Ints, key: bytes) -> list[str]:
    """Return each record's customer: the keyed digest of the record that founded its cluster."""
    systems = records.column("source_system").to_pylist()
    ids = records.column("source_record_id").to_pylist()
    founders = np.unique(label)
    named = {
        int(founder): keyed_digest(key, systems[founder], ids[founder])
        for founder in founders.tolist()
    }
    return [named[founder] for founder in label.tolist()]


def record_rows(
    records: pa.Table, label: Ints, ids: Sequence[str], decided: set[int], as_of: dt.date
) -> pa.Table:
    """Return the rows of identity.records.

    Parameters
    ----------
    decided : set of int
        Clusters (by founding record) that a person's decision holds together.
    """
    size = np.bincount(label, minlength=len(label))[label]
    status = np.where(
        size == 1, "singleton", np.where(np.isin(label, list(decided)), "manual", "matched")
    )
    n = records.num_rows
    return pa.table(
        {
            "source_system": records.column("source_system"),
            "source_record_id": records.column("source_record_id"),
            "customer_id": pa.array(ids, pa.string()),
            "match_status": pa.array(status.tolist(), pa.string()),
            "cluster_size": pa.array(size, pa.int32()),
            "first_linked_at": records.column("first_known_at"),
            "founding_sequence": records.column("founding_sequence"),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


# --- what changed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Why:
    """Why customers merged or split in this run.

    Parameters
    ----------
    default : str
        ``evidence``, or ``new_model`` where another model scored this run.
    same, different : frozenset of record key
        Records that a person has decided to be the same as, or different from, another one.
    """

    default: str = "evidence"
    same: frozenset[str] = frozenset()
    different: frozenset[str] = frozenset()

    def merged(self, record: str) -> str:
        return "decided_same" if record in self.same else self.default

    def split(self, record: str) -> str:
        return "decided_different" if record in self.different else self.default


Event = dict[str, str | dt.datetime | None]


def changes(
    before: Mapping[str, str],
    now: Mapping[str, str],
    known_at: Mapping[str, dt.datetime],
    moment: dt.datetime,
    why: Why,
) -> list[Event]:
    """Return what happened to customers between two runs, so that it can be replayed.

    Parameters
    ----------
    before, now : mapping of record key to customer
        Who every record belonged to and belongs to; ``now`` lists founding records first.
    known_at : mapping of record key to datetime
        When each record of ``now`` was first known.
    moment : datetime
        The instant this run computes for: when what it decided holds from.
    """
    founder_before, founder_now = _founders(before), _founders(now)
    target = {
        customer: now[founder]
        for customer, founder in founder_before.items()
        if customer not in founder_now and founder in now
    }
    events: list[Event] = []
    for record, customer in before.items():
        if record not in now:
            events.append(_event("erased", customer, None, record, "record_gone", moment))
    for customer, heir in target.items():
        reason = why.merged(founder_before[customer])
        events.append(_event("merged", heir, customer, None, reason, moment))
    for record, customer in now.items():
        if record in before:
            events += _moved(record, before[record], customer, target, founder_now, moment, why)
        else:
            is_founder = founder_now[customer] == record and customer not in founder_before
            kind, reason = ("created", "first_record") if is_founder else ("linked", "matched")
            reason = "decided_same" if kind == "linked" and record in why.same else reason
            events.append(_event(kind, customer, None, record, reason, known_at[record]))
    return events


def _moved(  # noqa: PLR0913, PLR0917 (one step of `changes`)
    record: str,
    was: str,
    customer: str,
    target: Mapping[str, str],
    founder_now: Mapping[str, str],
    moment: dt.datetime,
    why: Why,
) -> Iterator[Event]:
    """Yield the events of a record that belongs to another customer than before, merges apart."""
    if customer == target.get(was, was):
        return
    reason = why.split(record)
    if founder_now[customer] == record:
        yield _event("split", was, customer, None, reason, moment)
        yield _event("created", customer, was, record, reason, moment)
    else:
        yield _event("linked", customer, was, record, reason, moment)


def _founders(owner: Mapping[str, str]) -> dict[str, str]:
    founders: dict[str, str] = {}
    for record, customer in owner.items():
        founders.setdefault(customer, record)
    return founders


def _event(
    kind: str,
    customer: str,
    other: str | None,
    record: str | None,
    reason: str,
    moment: dt.datetime,
) -> Event:
    return {
        "event_type": kind, "customer_id": customer, "other_customer_id": other, "record": record,
        "reason": reason, "occurred_at": moment,
    }  # fmt: skip


def event_rows(events: Sequence[Event], as_of: dt.date) -> pa.Table:
    """Return the rows of identity.events."""
    names = ("event_type", "customer_id", "other_customer_id", "reason")
    systems, ids = [], []
    for event in events:
        system, _, record = str(event["record"] or "").partition(":")
        systems.append(system or None)
        ids.append(record or None)
    digests = [_event_id(event, as_of) for event in events]
    n = len(events)
    return pa.table(
        {
            "event_id": pa.array(digests, pa.string()),
            **{name: pa.array([event[name] for event in events], pa.string()) for name in names},
            "source_system": pa.array(systems, pa.string()),
            "source_record_id": pa.array(ids, pa.string()),
            "occurred_at": pa.array([e["occurred_at"] for e in events], pa.timestamp("us")),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def _event_id(event: Event, as_of: dt.date) -> str:
    names = ("event_type", "customer_id", "other_customer_id", "record")
    content = "\x1f".join(str(event[name]) for name in names) + f"\x1f{as_of}"
    return hashlib.sha256(content.encode()).hexdigest()[:EVENT_ID_LENGTH]


def replay(events: pa.Table, until: dt.date) -> dict[str, str]:
    """Return whose every record was on a date, from the ledger of events alone.

    >>> replay(event_rows([], dt.date(2024, 1, 1)), dt.date(2024, 1, 1))
    {}
    """
    state: dict[str, str] = {}
    rows = [row for row in events.to_pylist() if row["as_of_date"] <= until]
    rows.sort(key=lambda r: (r["as_of_date"], EVENT_ORDER.index(r["event_type"]), r["event_id"]))
    for row in rows:
        record = f"{row['source_system']}:{row['source_record_id']}"
        if row["event_type"] == "merged":
            for known, owner in state.items():
                if owner == row["other_customer_id"]:
                    state[known] = row["customer_id"]
        elif row["event_type"] == "erased":
            state.pop(record, None)
        elif row["event_type"] != "split":
            state[record] = row["customer_id"]
    return state


def start_of(as_of: dt.date, time_zone: str) -> dt.datetime:
    """Return 00:00 of a date in a time zone as an instant in UTC, without zone.

    >>> start_of(dt.date(2024, 7, 1), "Asia/Shanghai").isoformat()
    '2024-06-30T16:00:00'
    """
    local = dt.datetime.combine(as_of, dt.time(), ZoneInfo(time_zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)
