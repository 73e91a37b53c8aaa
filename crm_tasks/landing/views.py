"""The landing views: a profile's mapping, applied to landed batches, as SQL text.

One view per canonical entity, all fields as text; an entity nobody feeds gets a view without rows,
so that the dbt project is the same for every company. dbt runs this text, since it is the only
writer of the working file. Names come from a strict profile and are quoted; values are literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES, METADATA, Entity
from crm_tasks.contracts.sql_text import literal, quoted
from crm_tasks.landing.computed import computed
from crm_tasks.landing.snapshots import believed, missing_keys
from crm_tasks.landing.values import canonical
from crm_tasks.profiles.computed import Amount, Numbered
from crm_tasks.profiles.mappings import Translated
from crm_tasks.profiles.model import Concat, Constant, Mapping, Membership

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence
    from collections.abc import Mapping as Dictionary

    from crm_tasks.contracts.entities import Kind
    from crm_tasks.profiles import Feed, Profile, Source, SourceTable

#: More than any file has records: what is about a deletion comes after what is not.
AFTER_ALL = 1 << 62


@dataclass(frozen=True)
class LandedBatch:
    """A batch as a view reads it.

    ``landing_sequence`` is the place of its bytes' first landing, for records taken out of
    quarantine that of the batch they belong to. ``n_loaded`` counts its records, ``n_missing``
    those that are still in quarantine; ``is_part``: it holds only records taken out of there.
    """

    batch_id: str
    landing_sequence: int
    source_system: str
    table_name: str
    parquet_glob: str
    landed_at: dt.datetime
    n_loaded: int = 0
    n_missing: int = 0
    is_part: bool = False


def landing_views_sql(
    profile: Profile, batches: Sequence[LandedBatch], shown: Collection[str] | None = None
) -> str:
    """Return the statements that create all landing views, separated by a line with ``;``.

    Parameters
    ----------
    shown : collection of str, optional
        Ids of the batches whose records the views show, where it is not all of them.
    """
    by_table: dict[tuple[str, str], list[LandedBatch]] = {}
    for batch in batches:
        by_table.setdefault((batch.source_system, batch.table_name), []).append(batch)
    visible = {batch.batch_id for batch in batches} if shown is None else set(shown)
    statements = ["create schema if not exists landing"]
    statements += [_view(entity, profile, by_table, visible) for entity in ENTITIES.values()]
    return "\n;\n".join(statements) + "\n"


def _view(
    entity: Entity,
    profile: Profile,
    by_table: Dictionary[tuple[str, str], Sequence[LandedBatch]],
    shown: set[str],
) -> str:
    selects: list[str] = []
    for source in profile.sources:
        for table in source.tables:
            batches = by_table.get((source.source_system, table.name), ())
            own = [batch for batch in batches if batch.batch_id in shown]
            for feed in (feed for feed in table.feeds if feed.entity == entity.name):
                selects += [_select(entity, feed, source, table, own)] if own else []
                selects += _missing(entity, feed, table, batches, shown)
    body = "\nunion all\n".join(selects or [_no_rows(entity)])
    return f"create or replace view landing.landing_{entity.name} as\n{body}"


def _select(
    entity: Entity, feed: Feed, source: Source, table: SourceTable, batches: Sequence[LandedBatch]
) -> str:
    fields = _fields(entity, feed, table)
    is_deletion = _is_deletion(entity, fields, table)
    group = feed.one_row_per
    if group is not None:
        # The first record of a group speaks for all: a window over all lines would cost far more.
        order = "rows.record_no"
        if table.deleted_when is not None:
            order += f" + case when {is_deletion} then {AFTER_ALL} else 0 end"
        fields = {
            name: f"arg_min_null({text}, {order})" if name in feed.map else text
            for name, text in fields.items()
        }
        is_deletion = f"bool_and({is_deletion})"
    metadata = {
        "source_system": literal(source.source_system),
        "batch_id": "batches.batch_id",
        "landing_sequence": "batches.landing_sequence",
        "source_file_sha256": "rows.source_file_sha256",
        "record_no": "rows.record_no" if group is None else "min(rows.record_no)",
        "landed_at": "batches.landed_at",
        "known_at_rule": _known_at_rule(source),
        "known_at_lag_days": str(source.known_at.lag_days),
        "is_deletion": is_deletion,
    }
    grouping = ""
    if group is not None:
        keys = ["batches.batch_id", "batches.landing_sequence", "batches.landed_at"]
        keys += ["rows.source_file_sha256", *(f"rows.{quoted(column)}" for column in group)]
        grouping = "\ngroup by " + ", ".join(keys)
    return f"{_columns(fields, metadata)}\n{_from(batches, table)}{grouping}"


def _known_at_rule(source: Source) -> str:
    """Return SQL for the rule of a batch: history, or live."""
    live_since = source.known_at.live_since
    if live_since is None:
        return literal(source.known_at.rule)
    return (
        f"case when batches.landed_at < date {literal(live_since)} then 'event' else 'landing' end"
    )


def _missing(
    entity: Entity,
    feed: Feed,
    table: SourceTable,
    batches: Sequence[LandedBatch],
    shown: set[str],
) -> list[str]:
    """Return a select per shown snapshot of a full table: the keys it does not hold any more.

    They became known when it landed, whatever the source's rule: a customer who is gone today was
    there yesterday.
    """
    if table.load != "full":
        return []
    keys = {name: text for name, text in _fields(entity, feed, table).items() if name in entity.key}
    selects = []
    snapshots = believed(batches, table.smallest_share)
    for snapshot, rows in missing_keys(keys, snapshots, shown, lambda own: _from(own, table)):
        fields = {name: f"gone.{name}" if name in keys else "null" for name in entity.field_names}
        metadata = {
            "source_system": literal(snapshot.source_system),
            "batch_id": literal(snapshot.batch_id),
            "landing_sequence": str(snapshot.landing_sequence),
            "source_file_sha256": "null",
            "record_no": f"1 - row_number() over (order by {', '.join(keys)})",
            "landed_at": f"timestamp {literal(snapshot.landed_at)}",
            "known_at_rule": "'landing'",
            "known_at_lag_days": "0",
            "is_deletion": "true",
        }
        selects.append(f"{_columns(fields, metadata)}\nfrom ({rows}) as gone")
    return selects


def _columns(fields: Dictionary[str, str], metadata: Dictionary[str, str]) -> str:
    lines = [f"    cast({text} as varchar) as {name}" for name, text in fields.items()]
    lines += [
        f"    cast({metadata[name]} as {type_}) as {name}" for name, type_ in METADATA.items()
    ]
    return "select\n" + ",\n".join(lines)


def _fields(entity: Entity, feed: Feed, table: SourceTable) -> dict[str, str]:
    return {
        field.name: _expression(feed.map.get(field.name), table, field.kind)
        for field in entity.fields
    }


def _is_deletion(entity: Entity, fields: Dictionary[str, str], table: SourceTable) -> str:
    """Return SQL for whether a record deletes; one that does not say what is no deletion."""
    if table.deleted_when is None:
        return "false"
    keys = [f"nullif(trim({fields[name]}), '') is not null" for name in entity.key]
    return " and ".join([_is_member(table.deleted_when, table), *keys])


def _from(batches: Sequence[LandedBatch], table: SourceTable) -> str:
    files = ", ".join(literal(batch.parquet_glob) for batch in batches)
    values = ", ".join(
        f"({literal(b.batch_id)}, {b.landing_sequence}, timestamp {literal(b.landed_at)})"
        for b in batches
    )
    landed = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
    if table.optional_columns:
        # Files that were landed before the profile knew a column do not have it.
        known = ", ".join(f"cast(null as varchar) as {quoted(n)}" for n in table.landed_columns)
        landed = f"(from {landed} union all by name select {known} where false)"
    return (
        f"from {landed} as rows\n"
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
        then, otherwise = literal(mapping.then), literal(mapping.otherwise)
        return f"case when {_is_member(mapping, table)} then {then} else {otherwise} end"
    if isinstance(mapping, Translated | Amount | Numbered):
        return _computed(mapping, table, kind)
    return canonical(_column(mapping, table), kind, mapping, table)


def _computed(mapping: Translated | Amount | Numbered, table: SourceTable, kind: Kind) -> str:
    if isinstance(mapping, Translated):
        text = _column(mapping.column, table)
        words = (f"when {literal(a)} then {literal(b)}" for a, b in mapping.words.items())
        is_kept = mapping.others == "keep"
        other = canonical(text, kind, mapping.column, table) if is_kept else "null"
        return f"case trim({text}) {' '.join(words)} else {other} end"
    return computed(
        mapping,
        number=lambda name: canonical(_column(name, table), "decimal", name, table),
        key_part=lambda name: _escaped(_column(name, table)),
    )


def _is_member(membership: Membership, table: SourceTable) -> str:
    values = ", ".join(literal(value) for value in membership.is_in or membership.is_not_in or ())
    is_in = f"coalesce({_column(membership.column, table)} in ({values}), false)"
    return is_in if membership.is_in is not None else f"not {is_in}"


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
