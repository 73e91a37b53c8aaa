"""Type a sample of landed rows as staging would, and count what fits; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.contracts.staging_macros import staged, typed
from crm_tasks.landing.views import LandedBatch, landing_views_sql
from crm_tasks.warehouse.connection import file_engine

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb

    from crm_tasks.contracts.entities import Entity
    from crm_tasks.profiles import Profile


@dataclass(frozen=True)
class FieldFit:
    """How many of a field's sampled values staging can read."""

    field: str
    is_required: bool
    n_values: int
    n_fit: int


@dataclass(frozen=True)
class FeedFit:
    """What staging would make of the rows that one batch gives to one entity.

    ``reasons`` counts refused rows by reason, ``n_keys`` the different keys of those accepted.
    """

    batch_id: str
    entity: str
    n_rows: int
    n_keys: int
    fields: tuple[FieldFit, ...]
    reasons: dict[str, int]

    @property
    def n_accepted(self) -> int:
        return self.n_rows - sum(self.reasons.values())


def dry_run(
    temporary: Path, profile: Profile, batches: Sequence[LandedBatch], as_of: dt.date
) -> list[FeedFit]:
    """Return what staging would make of the batches, per batch and entity."""
    with file_engine(temporary, "1GB", threads=1) as connection:
        connection.execute(landing_views_sql(profile, batches))
        return [
            fit
            for name in ENTITIES
            if name in profile.entities_fed
            for fit in _fits(connection, ENTITIES[name], profile, as_of)
        ]


def _fits(
    connection: duckdb.DuckDBPyConnection, entity: Entity, profile: Profile, as_of: dt.date
) -> list[FeedFit]:
    where = (as_of, profile.time_zone, profile.currency_code)
    connection.execute(f"create or replace temp table judged as {staged(entity, *where)}")
    key = " || chr(31) || ".join(entity.key)
    accepted = f"case when reject_reason is null then {key} end"
    rows = connection.execute(
        f"select batch_id, count(*), count(distinct {accepted}) from judged "
        "group by batch_id order by batch_id"
    ).fetchall()
    reasons = connection.execute(
        "select batch_id, reject_reason, count(*) from judged where reject_reason is not null "
        "group by all order by batch_id, reject_reason"
    ).fetchall()
    fields = _field_fits(connection, entity, typed(entity, *where))
    return [
        FeedFit(
            batch_id=batch_id,
            entity=entity.name,
            n_rows=n_rows,
            n_keys=n_keys,
            fields=fields[batch_id],
            reasons={reason: n for batch, reason, n in reasons if batch == batch_id},
        )
        for batch_id, n_rows, n_keys in rows
    ]


def _field_fits(
    connection: duckdb.DuckDBPyConnection, entity: Entity, values: Mapping[str, str]
) -> dict[str, tuple[FieldFit, ...]]:
    """Return, by batch, how many texts of each field there are and how many can be read."""
    counts = []
    for field in entity.fields:
        text = f"nullif(trim({field.name}), '')"
        counts += [
            f"count({text})",
            f"count(case when {text} is not null then {values[field.name]} end)",
        ]
    rows = connection.execute(
        f"select batch_id, {', '.join(counts)} from landing.landing_{entity.name} group by batch_id"
    ).fetchall()
    return {
        batch_id: tuple(
            FieldFit(field.name, field.is_required, *figures[2 * i : 2 * i + 2])
            for i, field in enumerate(entity.fields)
        )
        for batch_id, *figures in rows
    }
