"""A person's own queries: read-only on what is published, or on the run state."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from crm_tasks.errors import CrmError, RunStateError
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.ops_store import OpsStore
from crm_tasks.warehouse.publications import served_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crm_tasks.warehouse.home import Home

ROWS_AT_ONCE = 65_536

READ_ONLY_ACTS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


class QueryFailed(CrmError):
    """The statement is not one SELECT, or names something that is not there."""


def query_served(
    home: Home, query: str, parameters: Mapping[str, object] | None = None
) -> pa.Table:
    """Return the rows of one statement on the served file, external access off.

    ``$name`` parameters are bound, never pasted.

    Raises
    ------
    QueryFailed
        The statement fails, or tries to leave the served file.
    RunStateError
        Nothing has been published yet.
    """
    with sandboxed_reader(_served(home)) as connection:
        try:
            relation = connection.sql(query, params=dict(parameters) if parameters else None)
            rows = pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            raise QueryFailed(f"query: {error}") from None
    return rows.rename_columns(distinct_names(rows.column_names))


@contextmanager
def stream_served(
    home: Home, query: str, parameters: Mapping[str, object]
) -> Iterator[pa.RecordBatchReader]:
    """Lend a reader of one statement's rows on the served file, batch by batch, in their order.

    Raises
    ------
    QueryFailed
        The statement fails.
    RunStateError
        Nothing has been published yet.
    """
    with sandboxed_reader(_served(home), threads=1) as connection:
        try:
            yield connection.sql(query, params=dict(parameters)).to_arrow_reader(ROWS_AT_ONCE)
        except duckdb.Error as error:
            raise QueryFailed(f"query: {error}") from None


def _served(home: Home) -> Path:
    file = served_file(home)
    if file is None:
        raise RunStateError(f"nothing is published in {home.root} yet; `crm run` publishes")
    return file


def query_ops(home: Home, query: str) -> pa.Table:
    """Return the rows of one statement on the ops store: nothing but reading is authorised.

    Raises
    ------
    QueryFailed
        The statement fails or does more than read.
    RunStateError
        No run has been started yet.
    """
    with OpsStore(home.ops_file).reading() as connection:
        connection.set_authorizer(_authorise)
        try:
            cursor = connection.execute(query)
            rows = [tuple(row) for row in cursor.fetchall()]
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise QueryFailed(f"query on the run state: {error}") from None
        names = distinct_names([column[0] for column in cursor.description or ()])
    return pa.table(
        {name: _column([row[place] for row in rows]) for place, name in enumerate(names)}
    )


def _column(values: list[object]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # SQLite lets one column hold numbers and text
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return column names of which none stands twice, as those of a join may.

    >>> distinct_names(["customer_id", "n", "customer_id"])
    ['customer_id', 'n', 'customer_id_2']
    """
    distinct: dict[str, None] = {}
    for name in names:
        candidate, number = name, 1
        while candidate in distinct:
            number += 1
            candidate = f"{name}_{number}"
        distinct[candidate] = None
    return list(distinct)


def _authorise(act: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if act in READ_ONLY_ACTS else sqlite3.SQLITE_DENY
