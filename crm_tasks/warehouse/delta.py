"""What differs between the run a layer of the working file was built for and the run now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.contracts.sql_text import literal
from crm_tasks.landing.snapshots import deliveries
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.landed import landed_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb

    from crm_tasks.landing.views import LandedBatch
    from crm_tasks.profiles import Profile
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

#: How far after its landing, or the as-of date, a fact may lie (macros/staging.sql).
SLACK = dt.timedelta(days=1)


@dataclass(frozen=True)
class Delta:
    """What changed since a layer was built whole.

    Parameters
    ----------
    built : mapping
        Row of ``ops.runs`` of the run the layer was built for.
    new : frozenset of str
        Batches to be typed: landed since, or such that their rows are judged differently now.
    gone : frozenset of str
        Batches the run does not read any more.
    """

    built: Mapping[str, Any]
    new: frozenset[str]
    gone: frozenset[str]

    @property
    def changed(self) -> tuple[str, ...]:
        """All batches whose rows are not what the layer holds, in order."""
        return tuple(sorted(self.new | self.gone))


def layer_delta(
    home: Home,
    ledger: Ledger,
    layer: str,
    run: Mapping[str, Any],
    profile: Profile,
    seen_before: Mapping[str, dt.datetime],
) -> Delta | None:
    """Return what changed since a layer was built, or None if it must be built again.

    It must where it does not stand whole, or was built by other code or for another profile.

    Parameters
    ----------
    run : mapping
        Row of ``ops.runs`` of the run now.
    seen_before : mapping of str to datetime
        First moment not seen any more, in UTC, of the run's date and of any other date asked for.
    """
    built = ledger.run_of_layer(layer)
    if built is None or not home.warehouse_file.is_file():
        return None
    if any(built[name] != run[name] for name in ("config_hash", "code_version")):
        return None
    before = {row["batch_id"] for row in ledger.batches_of_run(built["run_id"])}
    batches = landed_batches(home, ledger.batches_of_run(run["run_id"]))
    now = {batch.batch_id for batch in batches}
    new = now - before
    new |= set(_snapshots_completed(profile, batches, new))
    moments = (seen_before[built["as_of_date"]], seen_before[run["as_of_date"]])
    kept = {batch.batch_id: batch.landed_at for batch in batches if batch.batch_id not in new}
    with sandboxed_reader(home.warehouse_file) as connection:
        new |= judged_differently(connection, kept, *moments)
    return Delta(built, frozenset(new), frozenset(before - now))


def _snapshots_completed(
    profile: Profile, batches: Sequence[LandedBatch], new: set[str]
) -> Iterator[str]:
    """Yield the snapshots of full tables that hold and lack other keys now.

    Records taken out of quarantine complete the snapshot they belong to; what that one and the
    later ones lack is counted again.
    """
    for source in profile.sources:
        for table in source.tables:
            own = [
                batch
                for batch in batches
                if (batch.source_system, batch.table_name) == (source.source_system, table.name)
            ]
            if table.load == "full":
                yield from _from_the_first_completed(deliveries(own), new)


def _from_the_first_completed(
    snapshots: Iterable[Sequence[LandedBatch]], new: set[str]
) -> Iterator[str]:
    is_completed = False
    for snapshot, *parts in snapshots:
        is_completed = is_completed or any(part.batch_id in new for part in parts)
        if is_completed:
            yield snapshot.batch_id


def judged_differently(
    connection: duckdb.DuckDBPyConnection,
    landed_at: Mapping[str, dt.datetime],
    before: dt.datetime,
    now: dt.datetime,
) -> set[str]:
    """Return the batches with a moment that one of two dates takes for impossible.

    Only a moment long after the landing of its batch is judged by the date at all.

    Parameters
    ----------
    landed_at : mapping of str to datetime
        When each batch landed that staging holds.
    before, now : datetime
        First moment not seen as of the date staging was built for, and as of the date now.
    """
    suspects = {batch: at for batch, at in landed_at.items() if at < max(before, now)}
    if before == now or not suspects:
        return set()
    places = ", ".join(
        f"({literal(batch)}, timestamp {literal(at)})" for batch, at in suspects.items()
    )
    found: set[str] = set()
    for entity in ENTITIES.values():
        for field in (field for field in entity.fields if field.kind == "timestamp"):
            limits = [f"greatest(landed_at, timestamp {literal(m)})" for m in (before, now)]
            rows = connection.execute(
                f"select distinct batch_id from staging.stg_{entity.name} "
                f"inner join (values {places}) as landed (batch_id, landed_at) using (batch_id)"
                f" where ({field.name} < {limits[0]} + to_days({SLACK.days}))"
                f" <> ({field.name} < {limits[1]} + to_days({SLACK.days}))"
            ).fetchall()
            found |= {row[0] for row in rows}
    return found
