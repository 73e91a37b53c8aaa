"""What a table contract is, and the check of rows against it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import ContractError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

History = Literal["current", "snapshot", "append"]
Writer = Literal["python", "dbt", "ops"]

#: Sums of cents in DOUBLE are off by less than this; more than this is lost money.
FLOAT_NOISE = 1e-6

ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "TINYINT": pa.int8(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
    "DECIMAL(18,4)": pa.decimal128(18, 4),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, SQL type, meaning and unit.

    ``meaning`` is the sentence an analyst reads; ``unit`` is given wherever a number has one
    (days, seconds, currency, share 0 to 1).
    """

    name: str
    type: str
    meaning: str
    is_nullable: bool = True
    unit: str | None = None

    def __post_init__(self) -> None:
        if self.type not in ARROW_TYPES:
            known = listed(ARROW_TYPES)
            raise ContractError(f"column {self.name}: type {self.type}; expected one of {known}")

    @property
    def comment(self) -> str:
        """The meaning with its unit, as the published file and the docs show it."""
        return f"{self.meaning} [{self.unit}]" if self.unit else self.meaning


@dataclass(frozen=True)
class Table:
    """One table: grain, key, columns in order, writer and history.

    Parameters
    ----------
    schema, name : str
        The schema is the folder that writes the table.
    grain : str
        "One row per ...".
    key : tuple of str
        Columns that are together unique and never NULL; also the order of the published rows.
    history : {'current', 'snapshot', 'append'}
        ``current`` is rebuilt by each run. ``snapshot`` keeps one partition per ``as_of_date``.
        ``append`` keeps decisions: rows of earlier runs are never rewritten.
    writer : {'python', 'dbt', 'ops'}
        Who writes it: a step (Parquet of the run), dbt (the working DuckDB file) or the ledger.
    is_published : bool
        Whether readers see it; ``landing`` and ``staging`` are private.
    """

    schema: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    history: History = "current"
    writer: Writer = "python"
    is_published: bool = True

    def __post_init__(self) -> None:
        absent = set(self.key) - set(self.column_names)
        if absent:
            raise ContractError(f"{self.full_name}: key names unknown columns {listed(absent)}")
        is_kept = self.history != "current" and self.writer != "ops"
        if is_kept and "as_of_date" not in self.column_names:
            raise ContractError(f"{self.full_name}: history {self.history} needs as_of_date")

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The pyarrow schema that a writer's rows must have; key columns are never NULL."""
        return pa.schema(
            pa.field(c.name, ARROW_TYPES[c.type], c.is_nullable and c.name not in self.key)
            for c in self.columns
        )


def as_of_date_column() -> Column:
    """Return the column that every derived table carries."""
    meaning = "Date this row was computed for: only what was known before its 00:00 counts"
    return Column("as_of_date", "DATE", meaning, is_nullable=False)


def check_rows(table: Table, rows: pa.Table) -> pa.Table:
    """Return ``rows`` in the contract's column order and types, sorted by its key, or raise.

    Parameters
    ----------
    table : Table
        The contract.
    rows : pyarrow.Table
        What a writer produced; the order of its columns does not matter, their names do.

    Raises
    ------
    ContractError
        Columns missing or unknown, a type that cannot be cast without loss, a NULL where none is
        allowed, or a key that is not unique. The message never holds a value.
    """
    missing = set(table.column_names) - set(rows.column_names)
    unknown = set(rows.column_names) - set(table.column_names)
    if missing or unknown:
        raise ContractError(
            f"{table.full_name}: missing columns [{listed(missing)}], unknown [{listed(unknown)}]; "
            f"the contract is crm_tasks/contracts/{table.schema}.py"
        )
    _check_nulls(table, rows)
    cast = _cast(table, rows)
    if not table.key or _is_in_order(table, cast):
        return cast
    ordered = cast.sort_by([(name, "ascending") for name in table.key])
    _check_key(table, ordered)
    return ordered


def check_slices(table: Table, slices: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield slices of rows as :func:`check_rows` returns them, each behind the one before.

    Raises
    ------
    ContractError
        As :func:`check_rows`, or a slice begins at or before the key that the one before ends with.
    """
    last: tuple[object, ...] | None = None
    for rows in slices:
        checked = check_rows(table, rows)
        if table.key and checked.num_rows:
            ends = [tuple(checked.column(name)[at].as_py() for name in table.key) for at in (0, -1)]
            if last is not None and ends[0] <= last:
                raise ContractError(
                    f"{table.full_name}: a slice of rows does not begin behind the one before, in "
                    f"the order of its key ({', '.join(table.key)})"
                )
            last = ends[1]
        yield checked


def _check_nulls(table: Table, rows: pa.Table) -> None:
    holes = [
        f"{field.name} ({rows.column(field.name).null_count} rows)"
        for field in table.arrow_schema
        if not field.nullable and rows.column(field.name).null_count
    ]
    if holes:
        raise ContractError(f"{table.full_name}: NULL in {listed(holes)}, contract allows none")


def _cast(table: Table, rows: pa.Table) -> pa.Table:
    schema = table.arrow_schema
    cast = {field.name: _cast_without_loss(rows.column(field.name), field.type) for field in schema}
    wrong = [
        f"{column.name} is {rows.column(column.name).type}, contract says {column.type}"
        for column in table.columns
        if cast[column.name] is None
    ]
    if wrong:
        raise ContractError(f"{table.full_name}: {listed(wrong)}")
    return pa.Table.from_arrays(list(cast.values()), schema=schema)


def _cast_without_loss(given: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray | None:
    """Return the values in the wanted type, or None if one of them would not survive the way back.

    Arrow itself would round money, cut times off dates and read numbers out of text. Its messages
    quote values, so they go no further.
    """
    if given.type == wanted or pa.types.is_null(given.type):
        return given.cast(wanted)
    if _is_text(given.type) != _is_text(wanted):
        return None
    try:
        cast = given.cast(wanted, safe=True)
        back = cast.cast(given.type, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return cast if _is_same(given, back) else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_same(given: pa.ChunkedArray, back: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(given.type):
        return bool(given.equals(back))
    furthest = pc.max(pc.abs(pc.subtract(given, back))).as_py()
    return furthest is None or furthest <= FLOAT_NOISE


def _is_in_order(table: Table, rows: pa.Table) -> bool:
    """Return whether each row's key is behind that of the row before: sorted, and none twice.

    To look costs a twentieth of sorting what is sorted.
    """
    behind: pa.ChunkedArray | None = None
    for name in reversed(table.key):
        column = rows.column(name)
        before, after = column.slice(0, max(len(column) - 1, 0)), column.slice(1)
        is_less = pc.less(before, after)
        if behind is not None:
            is_less = pc.or_(is_less, pc.and_(pc.equal(before, after), behind))
        behind = is_less
    return bool(pc.all(behind, min_count=0).as_py())


def _check_key(table: Table, ordered: pa.Table) -> None:
    """Raise if two neighbours of rows sorted by the key have the same one."""
    if ordered.num_rows < 2:  # noqa: PLR2004 (one row has no neighbour)
        return
    keys = [ordered.column(name).combine_chunks() for name in table.key]
    same = [pc.equal(key.slice(1), key.slice(0, len(key) - 1)) for key in keys]
    doubled = pc.sum(reduce(pc.and_, same)).as_py()
    if doubled:
        key = ", ".join(table.key)
        raise ContractError(f"{table.full_name}: {doubled} rows repeat the key ({key})")
