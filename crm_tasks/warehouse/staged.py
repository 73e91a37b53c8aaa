"""What typed rows say about change: known since when, what deletes, corrects or comes late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import DELETED, ENTITIES, Entity
from crm_tasks.contracts.sql_text import literal
from crm_tasks.warehouse.connection import sandboxed_reader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable

    import duckdb

    from crm_tasks.warehouse.home import Home

#: Core reads them, or would but for their deleting something.
HEARD = f"(reject_reason is null or reject_reason = '{DELETED}')"


@dataclass(frozen=True)
class Change:
    """What a delivery says anew about one entity.

    Parameters
    ----------
    n_delivered : int
        Records of the delivery that could be typed.
    n_corrections : int
        Those about a key that was known before.
    n_late : int
        Those that count as known before the date of the run before.
    n_deleted : int
        Keys that are deleted now, by whichever delivery.
    """

    entity: str
    n_delivered: int
    n_corrections: int
    n_late: int
    n_deleted: int


def known_from(home: Home, batches: Collection[str]) -> dict[str, dt.datetime | None]:
    """Return for each batch the earliest moment from which a record of it counts as known.

    None where one has no moment: it counts as known since the source's first event.
    """
    found: dict[str, dt.datetime | None] = {}
    if not batches:
        return found
    with sandboxed_reader(home.warehouse_file) as connection:
        for name in ENTITIES:
            rows = connection.execute(
                "select batch_id, min(known_at), count(*) > count(known_at) "
                f"from staging.stg_{name} where {HEARD} and batch_id in ({_listed(batches)}) "
                "group by batch_id"
            ).fetchall()
            for batch, earliest, has_undated in rows:
                known = found.get(batch, earliest)
                found[batch] = None if has_undated or known is None else min(known, earliest)
    return found


def changes(
    home: Home,
    entities: Iterable[str],
    delivered: Collection[str],
    as_of_at: dt.datetime,
    seen_before: dt.datetime,
) -> list[Change]:
    """Return what a delivery changed, per entity.

    Parameters
    ----------
    delivered : collection of str
        Batches the run has and its predecessor had not.
    as_of_at, seen_before : datetime
        First moment not seen by the run, and by its predecessor.
    """
    with sandboxed_reader(home.warehouse_file) as connection:
        return [
            Change(
                name,
                *_delivered(connection, ENTITIES[name], delivered, seen_before),
                _deleted(connection, ENTITIES[name], as_of_at),
            )
            for name in entities
        ]


def _delivered(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    delivered: Collection[str],
    seen_before: dt.datetime,
) -> tuple[int, int, int]:
    if not delivered:
        return 0, 0, 0
    key = ", ".join(["source_system", *entity.key])
    rows, mine = f"from staging.stg_{entity.name}", f"batch_id in ({_listed(delivered)})"
    query = (
        f"with came as (select {key}, known_at {rows} where {HEARD} and {mine}),\n"
        f"known as (select distinct {key} {rows} semi join came using ({key})\n"
        f"    where {HEARD} and not {mine})\n"
        "select count(*), count(known.source_system),\n"
        f"    count(case when known_at < timestamp {literal(seen_before)} then 1 end)\n"
        f"from came left join known using ({key})"
    )
    n, corrections, late = connection.execute(query).fetchall()[0]
    return int(n), int(corrections), int(late)


def _deleted(connection: duckdb.DuckDBPyConnection, entity: Entity, as_of_at: dt.datetime) -> int:
    key = ", ".join(["source_system", *entity.key])
    newest = "max((landing_sequence, record_no, batch_id))"
    known = f"coalesce(known_at < timestamp {literal(as_of_at)}, true)"
    query = (
        f"with gone as (select {key}, {newest} as place from staging.stg_{entity.name}\n"
        f"    where reject_reason = '{DELETED}' and {known} group by {key}),\n"
        f"there as (select {key}, {newest} as place from staging.stg_{entity.name}\n"
        f"    semi join gone using ({key}) where reject_reason is null and {known}\n"
        f"    group by {key})\n"
        f"select count(*) from gone left join there using ({key})\n"
        "where there.place is null or there.place < gone.place"
    )
    return int(connection.execute(query).fetchall()[0][0])


def _listed(values: Collection[str]) -> str:
    return ", ".join(literal(value) for value in sorted(values))
