"""The landing views: a profile's mapping, applied to all landed batches, as SQL text.

One view per canonical entity, all fields as text; an entity nobody feeds gets a view without rows,
so that the dbt project is the same for every company. dbt runs this text, since it is the only
writer of the working file. Names come from a strict profile and are quoted; values are literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES, METADATA, Entity
from crm_tasks.contracts.sql_text import literal, quoted
from crm_tasks.landing.values import canonical
from crm_tasks.profiles.mappings import Translated
from crm_tasks.profiles.model import Concat, Constant, Mapping, Membership

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping as Dictionary
    from collections.abc import Sequence

    from crm_tasks.contracts.entities import Kind
    from crm_tasks.profiles import Feed, Profile, Source, SourceTable


@dataclass(frozen=True)
class LandedBatch:
    """A batch as a view reads it."""

    batch_id: str
    landing_sequence: int
    source_system: str
    table_name: str
    parquet_glob: str
    landed_at: dt.datetime


def landing_views_sql(profile: Profile, batches: Sequence[LandedBatch]) -> str:
    """Return the statements that create all landing views, separated by a line with ``;``."""
    by_table: dict[tuple[str, str], list[LandedBatch]] = {}
    for batch in batches:
        by_table.setdefault((batch.source_system, batch.table_name), []).append(batch)
    statements = ["create schema if not exists landing"]
    statements += [_view(entity, profile, by_table) for entity in ENTITIES.values()]
    return "\n;\n".join(statements) + "\n"


def _view(
    entity: Entity,
    profile: Profile,
    by_table: Dictionary[tuple[str, str], Sequence[LandedBatch]],
) -> str:
    selects = [
        _select(entity, feed, source, table, by_table[source.source_system, table.name])
        for source in profile.sources
        for table in source.tables
        for feed in table.feeds
        if feed.entity == entity.name and (source.source_system, table.name) in by_table
    ]
    body = "\nunion all\n".join(selects or [_no_rows(entity)])
    return f"create or replace view landing.landing_{entity.name} as\n{body}"


def _select(
    entity: Entity, feed: Feed, source: Source, table: SourceTable, batches: Sequence[LandedBatch]
) -> str:
    fields = {
        field.name: _expression(feed.map.get(field.name), table, field.kind)
        for field in entity.fields
    }
    group = feed.one_row_per
    if group is not None:
        # The first record of a group speaks for all: a window over all lines would cost far more.
        fields = {
            name: f"arg_min_null({text}, rows.record_no)" if name in feed.map else text
            for name, text in fields.items()
        }
    metadata = {
        "source_system": literal(source.source_system),
        "batch_id": "batches.batch_id",
        "landing_sequence": "batches.landing_sequence",
        "source_file_sha256": "rows.source_file_sha256",
        "record_no": "rows.record_no" if group is None else "min(rows.record_no)",
        "landed_at": "batches.landed_at",
        "known_at_rule": literal(source.known_at.rule),
        "known_at_lag_days": str(source.known_at.lag_days),
    }
    lines = [f"    cast({text} as varchar) as {name}" for name, text in fields.items()]
    lines += [
        f"    cast({metadata[name]} as {type_}) as {name}" for name, type_ in METADATA.items()
    ]
    grouping = ""
    if group is not None:
        keys = ["batches.batch_id", "batches.landing_sequence", "batches.landed_at"]
        keys += ["rows.source_file_sha256", *(f"rows.{quoted(column)}" for column in group)]
        grouping = "\ngroup by " + ", ".join(keys)
    return "select\n" + ",\n".join(lines) + f"\n{_from(batches)}{grouping}"


def _from(batches: Sequence[LandedBatch]) -> str:
    files = ", ".join(literal(batch.parquet_glob) for batch in batches)
    values = ", ".join(
        f"({literal(b.batch_id)}, {b.landing_sequence}, timestamp {literal(b.landed_at)})"
        for b in batches
    )
    return (
        f"from read_parquet([{files}], union_by_name = true, hive_partitioning = false) as rows\n"
        f"inner join (values {values}) as batches (batch_id, landing_sequence, landed_at)\n"
        "    on rows.batch_id = batches.batch_id"
    )


def _expression(mapping: Mapping | None, table: SourceTable, kind: Kind) -> str:
    if mapping is None:
        return "null"
    if isinstance(mapping, Constant):
        return literal(mapping.constant)
    if isinstance(mapping, Concat):
        return " || '-' || ".join(_escaped(_column(name, table)) for name in mapping.concat)
    if isinstance(mapping, Membership):
        values = ", ".join(literal(value) for value in mapping.is_in or mapping.is_not_in or ())
        is_member = f"coalesce({_column(mapping.column, table)} in ({values}), false)"
        yes, no = ("true", "false") if mapping.is_in is not None else ("false", "true")
        return f"case when {is_member} then '{yes}' else '{no}' end"
    if isinstance(mapping, Translated):
        text = _column(mapping.column, table)
        words = (f"when {literal(a)} then {literal(b)}" for a, b in mapping.words.items())
        other = canonical(text, kind, mapping.column, table)
        return f"case trim({text}) {' '.join(words)} else {other} end"
    return canonical(_column(mapping, table), kind, mapping, table)


def _escaped(text: str) -> str:
    """Return a part of a joined key with its own hyphens marked, so that no two keys are alike."""
    return f"replace(replace({text}, '~', '~~'), '-', '~-')"


def _column(name: str, table: SourceTable) -> str:
    column = f"rows.{quoted(name)}"
    if table.format == "parquet" or not table.null_tokens:
        return column
    tokens = ", ".join(literal(token) for token in table.null_tokens)
    return f"case when {column} not in ({tokens}) then {column} end"


def _no_rows(entity: Entity) -> str:
    lines = [f"    cast(null as varchar) as {name}" for name in entity.field_names]
    lines += [f"    cast(null as {type_}) as {name}" for name, type_ in METADATA.items()]
    return "select\n" + ",\n".join(lines) + "\nwhere false"
