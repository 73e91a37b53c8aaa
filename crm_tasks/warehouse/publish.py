"""Publish: the only writer of what readers see.

A new file is put together aside: tables only, in contract order, in DuckDB's storage format 1.4.0
so that drivers on 1.x open it, with comments on every table and column and a content hash of each
table. Then, under the ledger's lock and only if this attempt is still the current one, the file
gets its final name, the link switches and the publication is recorded.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts import Table, ops, published_tables
from crm_tasks.contracts.render import comment_statements, create_table_sql
from crm_tasks.contracts.sql_text import literal, quoted
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.audit import append_in
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.connection import file_engine
from crm_tasks.warehouse.files import fsync_path
from crm_tasks.warehouse.hashes import content_hash
from crm_tasks.warehouse.history import line, mark_stale, stale_runs
from crm_tasks.warehouse.ops_store import insert_rows
from crm_tasks.warehouse.partitions import partitions, partitions_sql, rows_of
from crm_tasks.warehouse.publications import (
    next_version,
    remove_old_versions,
    switch_link,
    version_file_name,
)
from crm_tasks.warehouse.tables import handed_over, write_table

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger

STORAGE_VERSION = "v1.4.0"
FILE_MODE = 0o440
SERVED, WORKING = "served", "working"


@dataclass(frozen=True)
class PublishedTable:
    """What was published of one table: its rows in the file, and this run's own partition."""

    table: Table
    rows: int
    partition_key: str
    partition_rows: int
    partition_hash: str


@dataclass(frozen=True)
class Publication:
    """A version that readers see."""

    version: int
    file: Path
    tables: tuple[PublishedTable, ...]

    @property
    def rows(self) -> int:
        return sum(published.rows for published in self.tables)


@dataclass(frozen=True)
class Publisher:
    """Everything publishing needs to know of the run.

    ``current_from`` is where the run's dbt tables lie: the working file, whose ``layers`` must be
    this run's, or a version that was published before.
    """

    home: Home
    ledger: Ledger
    claim: Claim
    run_id: str
    as_of_date: str
    layers: tuple[str, ...]
    memory_limit: str
    threads: int
    time_zone: str = "UTC"
    current_from: Path | None = None

    def publish(self) -> Publication:
        """Make this run's tables the version readers see.

        Raises
        ------
        RunStateError
            The working file does not hold this run's layers (any more).
        StaleAttempt
            A newer attempt took over; readers keep the version they have.
        """
        self._check_layers()
        version = next_version(self.home, self.ledger)
        name = version_file_name(version, self.run_id)
        with self._aside() as aside:
            tables = self._put_together(aside / name)
            publication = Publication(version, self.home.serve / name, tables)
            self._switch(aside, publication)
        remove_old_versions(self.home)
        return publication

    def record(self) -> tuple[PublishedTable, ...]:
        """Keep this run's partitions and hashes for later versions; readers notice nothing.

        Raises
        ------
        RunStateError, StaleAttempt
            As :meth:`publish` does.
        """
        self._check_layers()
        with self._aside() as aside:
            tables = self._put_together(aside / "recorded.duckdb", is_own_only=True)
            with self.ledger.fenced(self.claim) as connection:
                self._check_layers()
                rows = sum(published.partition_rows for published in tables)
                self._mark_published(connection, utc_now(), rows)
                append_in(connection, "run.recorded", self.run_id, {"rows": rows})
        return tables

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        aside = self.home.serve / f".try-{self.claim.token}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _check_layers(self) -> None:
        for layer in self.layers:
            if not self.ledger.layer_is_complete(layer, self.run_id):
                raise RunStateError(
                    f"layer {layer} of the working file is not of run {self.run_id}: another run "
                    "has taken it over; run this one again"
                )

    def _put_together(self, file: Path, *, is_own_only: bool = False) -> tuple[PublishedTable, ...]:
        """Write the file with its tables; only the run's own date of each, and not ops, to record.

        A table kept by date is needed whole all the same where rows of other dates take precedence.
        """
        export = None if is_own_only else file.with_suffix(".parquet")
        runs = self._line(is_whole=is_own_only)
        own = [run for run in runs if run["run_id"] == self.run_id]
        with file_engine(self.home.temporary, self.memory_limit, self.threads) as connection:
            connection.execute(
                f"attach {literal(file)} as {SERVED} (storage_version '{STORAGE_VERSION}')"
            )
            current_from = self.current_from or self.home.warehouse_file
            connection.execute(f"attach {literal(current_from)} as {WORKING} (read_only)")
            contracts = published_tables()
            for schema in dict.fromkeys(table.schema for table in contracts):
                connection.execute(f"create schema {SERVED}.{quoted(schema)}")
                if export:
                    (export / schema).mkdir(parents=True)
            # A table is exported and hashed while the next ones are copied.
            with ThreadPoolExecutor(max_workers=1) as aside:
                sealed = []
                for table in contracts:
                    if table.writer != "ops":
                        kept = own if is_own_only and table.history == "snapshot" else runs
                        self._copy(connection, table, kept)
                        sealed.append(aside.submit(self._seal, connection.cursor(), table, export))
                done = [one.result() for one in sealed]
            self.ledger.record(self.claim, ops.TABLE_HASHES, [self._hash_row(d) for d in done])
            for table in contracts:
                if table.writer == "ops" and not is_own_only:
                    self._copy_ops(connection, table)
            connection.execute(f"checkpoint {SERVED}")
            connection.execute(f"detach {SERVED}")
        _refuse_leftover_log(file)
        file.chmod(FILE_MODE)
        fsync_path(file)
        return tuple(done)

    def _line(self, *, is_whole: bool) -> list[dict[str, Any]]:
        """Return the runs whose rows the version holds: this one, and those of earlier dates.

        All dates, to see what a version to come will hold.
        """
        run = self.ledger.find_run(self.run_id)
        until = None if is_whole else self.as_of_date
        others = line(self.ledger, run["profile"], until)
        return [run, *(other for other in others if other["as_of_date"] != self.as_of_date)]

    def _copy(
        self, connection: duckdb.DuckDBPyConnection, table: Table, runs: Sequence[Mapping[str, Any]]
    ) -> None:
        """Put a table into the file, with its comments."""
        connection.execute(create_table_sql(table, SERVED))
        columns = ", ".join(quoted(name) for name in table.column_names)
        source, is_in_order = self._source(connection, table, runs)
        # In key order: it packs well, and the hash need not sort again.
        order = "" if is_in_order else f" order by {', '.join(quoted(name) for name in table.key)}"
        connection.execute(f"insert into {_served(table)} select {columns} from {source}{order}")
        for statement in comment_statements(table, SERVED):
            connection.execute(statement)

    def _seal(
        self, cursor: duckdb.DuckDBPyConnection, table: Table, export: Path | None
    ) -> PublishedTable:
        """Export a table of the file, and hash this run's part of it."""
        target = _served(table)
        with cursor:
            if export:
                parquet = export / table.schema / f"{table.name}.parquet"
                self._export(cursor, table, target, parquet)
            if table.history == "current":
                total, digest = content_hash(cursor, target, table.column_names)
                return PublishedTable(table, total, "", total, digest)
            own = f"(select * from {target} where as_of_date = date {literal(self.as_of_date)})"
            rows, digest = content_hash(cursor, own, table.column_names)
            ((total,),) = cursor.execute(f"select count(*) from {target}").fetchall()
            return PublishedTable(table, total, self.as_of_date, rows, digest)

    def _export(
        self, connection: duckdb.DuckDBPyConnection, table: Table, target: str, parquet: Path
    ) -> None:
        """Write a published table as Parquet; one that lies in the lake as such is copied."""
        if table.writer == "python" and table.history == "current":
            shutil.copyfile(handed_over(self.home, table, self.run_id), parquet)
        else:
            connection.execute(
                f"copy {target} to {literal(parquet)} (format parquet, compression zstd)"
            )
        fsync_path(parquet)

    def _source(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        runs: Sequence[Mapping[str, Any]],
    ) -> tuple[str, bool]:
        """Return the rows to publish as SQL, and whether they lie in the order of the key.

        This run's, and those of other dates if kept; what was handed over was put in order.
        """
        own = f"{WORKING}.{quoted(table.schema)}.{quoted(table.name)}"
        if table.history == "current":
            if table.writer == "dbt":
                return own, False
            return rows_of(handed_over(self.home, table, self.run_id)), True
        if table.writer == "dbt" and self.current_from is None:
            self._keep_partition(connection, table, own)
        files = partitions(self.home, table, runs, self.run_id)
        return partitions_sql(table, files), len(files) == 1

    def _keep_partition(
        self, connection: duckdb.DuckDBPyConnection, table: Table, own: str
    ) -> None:
        """Keep a dbt table's partition in the lake, where later runs find it."""
        columns = ", ".join(quoted(name) for name in table.column_names)
        rows = connection.sql(f"select {columns} from {own}").to_arrow_table()
        write_table(self.home, self.ledger, self.claim, table, rows)

    def _hash_row(self, published: PublishedTable) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "table_name": published.table.full_name,
            "partition_key": published.partition_key,
            "row_count": published.partition_rows,
            "content_hash": published.partition_hash,
        }

    def _copy_ops(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        rows = self.ledger.store.arrow(table)
        if table.name == "task_runs":
            rows = rows.filter(pa.compute.not_equal(rows.column("state"), "running"))
        if table.name == "runs":
            rows = self._as_published(rows)
        connection.register("ops_rows", rows)
        connection.execute(create_table_sql(table, SERVED))
        connection.execute(f"insert into {_served(table)} select * from ops_rows")
        connection.unregister("ops_rows")
        for statement in comment_statements(table, SERVED):
            connection.execute(statement)

    def _as_published(self, rows: pa.Table) -> pa.Table:
        """Return the runs as they are once readers can see this file."""
        now = utc_now()
        changed = {"state": "published", "failed_step": None, "message": None}
        run = self.ledger.find_run(self.run_id) | changed | {"ended_at": now.isoformat(sep=" ")}
        reasons = stale_runs(self.ledger, run, self.time_zone)
        listed = rows.to_pylist()
        for row in listed:
            row["stale_because"] = reasons.get(row["run_id"], row["stale_because"])
            if row["run_id"] == self.run_id:
                row.update(changed, ended_at=now)
        return pa.Table.from_pylist(listed, schema=rows.schema)

    def _mark_published(self, connection: sqlite3.Connection, now: dt.datetime, rows: int) -> None:
        """Count this run among the published ones, and say which others are out of date now."""
        connection.execute(
            "update runs set state = 'published', ended_at = ?, rows_out = ?, "
            "failed_step = null, message = null where run_id = ?",
            (now.isoformat(sep=" "), rows, self.run_id),
        )
        mark_stale(connection, self.run_id, self.time_zone)

    def _switch(self, aside: Path, publication: Publication) -> None:
        name = publication.file.name
        now = utc_now()
        row = {
            "version": publication.version,
            "run_id": self.run_id,
            "file_name": name,
            "published_at": now,
        }
        with self.ledger.fenced(self.claim) as connection:
            self._check_layers()
            (aside / name).rename(publication.file)
            export = publication.file.with_suffix(".parquet")
            (aside / export.name).rename(export)
            fsync_path(self.home.serve)
            switch_link(self.home.serve / "parquet", export.name)
            switch_link(self.home.served_link, name)
            insert_rows(connection, ops.PUBLICATIONS, [row])
            self._mark_published(connection, now, publication.rows)
            append_in(connection, "version.published", name, {"rows": publication.rows})


def _served(table: Table) -> str:
    return f"{SERVED}.{quoted(table.schema)}.{quoted(table.name)}"


def _refuse_leftover_log(file: Path) -> None:
    if file.with_name(f"{file.name}.wal").exists():
        raise RunStateError(
            f"{file.name} was not fully written: a write-ahead log is left beside it"
        )
