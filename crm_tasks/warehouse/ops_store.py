"""The ops store: one SQLite file (WAL) with the tables of ``contracts/ops.py``.

SQLite is used here because run state needs many short transactions from several processes, which
DuckDB's single writer cannot give. Every table is created from its contract.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts.ops import TABLES
from crm_tasks.errors import RunStateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crm_tasks.contracts import Table

BUSY_TIMEOUT_S = 30.0
SQLITE_TYPES = {"VARCHAR": "TEXT", "BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "DOUBLE": "REAL"}

#: State only the ledger reads: which run an attempt became, which run wrote each dbt layer, which
#: batches a run reads and since when what they say counts as known.
PRIVATE_TABLES = """
create table if not exists attempts (
    attempt_id text primary key, profile text not null, run_id text, frozen_at text
);
create table if not exists layers (
    layer text primary key, run_id text not null, state text not null
);
create table if not exists run_batches (
    run_id text not null, batch_id text not null, primary key (run_id, batch_id)
);
create table if not exists batch_reach (
    batch_id text primary key, known_from text not null
);
"""

#: Changes with whatever the tables are made of; SQLite keeps it in 31 bits.
SCHEMA_VERSION = zlib.crc32(repr((TABLES, PRIVATE_TABLES)).encode()) >> 1


class OpsStore:
    """Short transactions on the ops file; a connection lives no longer than its transaction."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open, take the write lock, commit at the end or roll back on any error."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.file.exists()
        connection = sqlite3.connect(self.file, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            if is_new:
                connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("begin immediate")
            try:
                _create_tables(connection)
                yield connection
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise
        finally:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open read-only.

        Raises
        ------
        RunStateError
            No run has ever been started in this home.
        """
        if not self._is_made():
            raise RunStateError(f"no runs yet in {self.file.parent.parent}; start with `crm run`")
        with self._opened_to_read() as connection:
            yield connection

    def _is_made(self) -> bool:
        """Return whether the tables are there: a process killed at its first act leaves none."""
        if not self.file.exists():
            return False
        with self._opened_to_read() as connection:
            return bool(connection.execute("pragma user_version").fetchone()[0])

    @contextmanager
    def _opened_to_read(self) -> Iterator[sqlite3.Connection]:
        uri = f"file:{self.file}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Return the rows of one query as dictionaries; none when the store does not exist yet."""
        if not self._is_made():
            return []
        with self._opened_to_read() as connection:
            return [dict(row) for row in connection.execute(sql, parameters).fetchall()]

    def arrow(self, table: Table) -> pa.Table:
        """Return a whole ops table in the types of its contract, ordered by its key."""
        names = ", ".join(table.column_names)
        found = self.rows(f"select {names} from {table.name} order by {', '.join(table.key)}")
        return arrow_rows(table, found)


def arrow_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return SQLite rows in the contract's types (times are kept as ISO text, flags as 0 and 1)."""
    columns = []
    for field in table.arrow_schema:
        values = [row[field.name] for row in rows]
        if pa.types.is_boolean(field.type):
            values = [None if value is None else bool(value) for value in values]
        is_time = pa.types.is_temporal(field.type)
        column = pa.array(values, pa.string() if is_time else field.type)
        columns.append(column.cast(field.type))
    return pa.table(columns, schema=table.arrow_schema)


def insert_rows(
    connection: sqlite3.Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; a rerun repeats its insert harmlessly.

    A row with the same key is replaced, but in ``quarantine``, where the first sight counts.
    """
    names = table.column_names
    marks = ", ".join("?" for _ in names)
    verb = "ignore" if table.name == "quarantine" else "replace"
    statement = f"insert or {verb} into {table.name} ({', '.join(names)}) values ({marks})"
    connection.executemany(statement, [[_stored(row.get(n)) for n in names] for row in rows])


def _stored(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date) else value


def _create_tables(connection: sqlite3.Connection) -> None:
    # One look at the schema's version instead of 16 statements in each transaction.
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    for table in TABLES:
        columns = ", ".join(
            f"{column.name} {SQLITE_TYPES.get(column.type, 'TEXT')}"
            + ("" if column.is_nullable else " not null")
            for column in table.columns
        )
        key = ", ".join(table.key)
        connection.execute(
            f"create table if not exists {table.name} ({columns}, primary key ({key}))"
        )
        _add_new_columns(connection, table)
    for statement in PRIVATE_TABLES.strip().split(";\n"):
        connection.execute(statement)
    connection.execute(f"pragma user_version = {SCHEMA_VERSION}")


def _add_new_columns(connection: sqlite3.Connection, table: Table) -> None:
    """Give a store that an earlier version made the columns it does not have yet; all nullable."""
    known = {row["name"] for row in connection.execute(f"pragma table_info({table.name})")}
    for column in table.columns:
        if column.name not in known:
            kind = SQLITE_TYPES.get(column.type, "TEXT")
            connection.execute(f"alter table {table.name} add column {column.name} {kind}")
