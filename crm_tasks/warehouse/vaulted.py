"""Identifying values of landed records, out of the vault, for those who may open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import ProfileError, RunStateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from crm_tasks.privacy.vault import Vault
    from crm_tasks.profiles import Feed, Profile, SourceTable

TOKEN = "_token"  # noqa: S105 (the ending of a column's name)


@dataclass(frozen=True)
class TokenField:
    """A field of an entity that one source table fills with an identifying column."""

    name: str
    column: str


def token_fields(feed: Feed, table: SourceTable) -> tuple[TokenField, ...]:
    """Return the identifying columns a feed maps, by the field they fill, without ``_token``.

    Raises
    ------
    ProfileError
        Such a field is mapped to something else than the token of an identifying column.
    """
    found = []
    for name, mapping in feed.map.items():
        if not name.endswith(TOKEN):
            continue
        column = mapping.removesuffix(TOKEN) if isinstance(mapping, str) else ""
        if column not in table.identifying:
            raise ProfileError(
                f"{feed.entity}.{name}: table {table.name} maps it to something that is no "
                "<column>_token of an identifying column"
            )
        found.append(TokenField(name.removesuffix(TOKEN), column))
    return tuple(found)


def identifying_values(
    vault: Vault,
    profile: Profile,
    batches: Sequence[Mapping[str, Any]],
    entity: str,
    fields: Sequence[str],
) -> pa.Table:
    """Return the clear values of an entity's identifying fields, one row per landed record.

    Parameters
    ----------
    batches : sequence of mapping
        Rows of ``ops.batches`` to read.
    fields : sequence of str
        Names of the entity's fields without ``_token``; the columns of the result besides
        ``batch_id`` and ``record_no``. NULL where the source has nothing.
    """
    empty = pa.schema(
        [("batch_id", pa.string()), ("record_no", pa.int64())]
        + [(name, pa.string()) for name in fields]
    )
    parts = [
        _batch_values(vault, batch, table, token_fields(feed, table), empty)
        for batch, feed, table in _feeds(profile, batches, entity)
    ]
    return pa.concat_tables([part for part in parts if part is not None] or [empty.empty_table()])


def _feeds(
    profile: Profile, batches: Sequence[Mapping[str, Any]], entity: str
) -> Iterator[tuple[Mapping[str, Any], Feed, SourceTable]]:
    for batch in batches:
        for source in profile.sources:
            for table in source.tables:
                is_this = (source.source_system, table.name) == (
                    batch["source_system"], batch["table_name"],
                )  # fmt: skip
                for feed in table.feeds if is_this else ():
                    if feed.entity == entity:
                        yield batch, feed, table


def _batch_values(
    vault: Vault,
    batch: Mapping[str, Any],
    table: SourceTable,
    mapped: Sequence[TokenField],
    schema: pa.Schema,
) -> pa.Table | None:
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}
    record_no: pa.ChunkedArray | None = None
    for field in mapped:
        if field.name not in schema.names:
            continue
        rows = _column(vault, batch, field.column)
        if record_no is not None and not record_no.equals(rows["record_no"]):
            raise RunStateError(
                f"vault: the columns of batch {batch['batch_id']} do not hold the same records"
            )
        record_no = rows["record_no"]
        columns[field.name] = _given(rows["value"], table)
    if record_no is None:
        return None
    n = len(record_no)
    for name in schema.names:
        columns.setdefault(name, pa.nulls(n, pa.string()))
    columns["record_no"] = record_no
    columns["batch_id"] = pa.repeat(pa.scalar(str(batch["batch_id"])), n)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _column(vault: Vault, batch: Mapping[str, Any], column: str) -> pa.Table:
    name = f"{batch['source_system']}/{batch['table_name']}/batch={batch['batch_id']}/{column}"
    parts = [part for part in map(vault.get, vault.parts(name)) if part is not None]
    if not parts:
        raise RunStateError(f"vault: column {column} of batch {batch['batch_id']} is missing")
    return pa.concat_tables(parts)


def _given(values: pa.ChunkedArray, table: SourceTable) -> pa.ChunkedArray:
    """Return values without those that the source writes for 'nothing'."""
    nothing = pa.array([*table.null_tokens, ""], pa.string())
    return pc.if_else(pc.is_in(values, value_set=nothing), pa.scalar(None, pa.string()), values)


def values_beside(
    vault: Vault,
    profile: Profile,
    batches: Sequence[Mapping[str, Any]],
    entity: str,
    kinds: Sequence[str],
) -> pa.Table:
    """Return the distinct clear values that stand in the records an entity is fed by.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of identifying columns, mapped to a field or not: ``name``, ``address``.

    Returns
    -------
    pyarrow.Table
        ``kind`` and ``value``, each pair once.
    """
    parts = []
    for batch, _, table in _feeds(profile, batches, entity):
        for column, kind in table.identifying.items():
            if kind in kinds:
                values = _given(_column(vault, batch, column)["value"], table).drop_null().unique()
                kind_of = pa.repeat(pa.scalar(kind), len(values))
                parts.append(pa.table({"kind": kind_of, "value": values}))
    empty = pa.schema([("kind", pa.string()), ("value", pa.string())]).empty_table()
    told = pa.concat_tables([part.cast(empty.schema) for part in parts] or [empty])
    return told.group_by(["kind", "value"], use_threads=False).aggregate([])
