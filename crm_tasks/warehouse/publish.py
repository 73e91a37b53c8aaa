"""Publish: the only writer of what readers see.

A new file is put together aside: tables only, in contract order, in DuckDB's storage format 1.4.0
so that drivers on 1.x open it, with comments on every table and column and a content hash of each
table. Then, under the ledger's lock and only if this attempt is still the current one, the file
gets its final name, the link switches and the publication is recorded.
"""

from __future__ import annotations

import shutil
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
from crm_tasks.warehouse.ops_store import insert_rows
from crm_tasks.warehouse.publications import (
    next_version,
    remove_old_versions,
    switch_link,
    version_file_name,
)
from crm_tasks.warehouse.tables import handed_over, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    """Everything publishing needs to know of the run."""

    home: Home
    ledger: Ledger
    claim: Claim
    run_id: str
    as_of_date: str
    layers: tuple[str, ...]
    memory_limit: str
    threads: int

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
        aside = self.home.serve / f".try-{self.claim.token}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            tables = self._put_together(aside / name)
            publication = Publication(version, self.home.serve / name, tables)
            self._switch(aside, publication)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        remove_old_versions(self.home)
        return publication

    def _check_layers(self) -> None:
        for layer in self.layers:
            if not self.ledger.layer_is_complete(layer, self.run_id):
                raise RunStateError(
                    f"layer {layer} of the working file is not of run {self.run_id}: another run "
                    "has taken it over; run this one again"
                )

    def _put_together(self, file: Path) -> tuple[PublishedTable, ...]:
        export = file.with_suffix(".parquet")
        with file_engine(self.home.temporary, self.memory_limit, self.threads) as connection:
            connection.execute(
                f"attach {literal(file)} as {SERVED} (storage_version '{STORAGE_VERSION}')"
            )
            connection.execute(
                f"attach {literal(self.home.warehouse_file)} as {WORKING} (read_only)"
            )
            contracts = published_tables()
            for schema in dict.fromkeys(table.schema for table in contracts):
                connection.execute(f"create schema {SERVED}.{quoted(schema)}")
                (export / schema).mkdir(parents=True)
            done = [self._copy(connection, t, export) for t in contracts if t.writer != "ops"]
            self.ledger.record(self.claim, ops.TABLE_HASHES, [self._hash_row(d) for d in done])
            for table in contracts:
                if table.writer == "ops":
                    self._copy_ops(connection, table)
            connection.execute(f"checkpoint {SERVED}")
            connection.execute(f"detach {SERVED}")
        _refuse_leftover_log(file)
        file.chmod(FILE_MODE)
        fsync_path(file)
        return tuple(done)

    def _copy(
        self, connection: duckdb.DuckDBPyConnection, table: Table, export: Path
    ) -> PublishedTable:
        target = f"{SERVED}.{quoted(table.schema)}.{quoted(table.name)}"
        connection.execute(create_table_sql(table, SERVED))
        columns = ", ".join(quoted(name) for name in table.column_names)
        # In key order: it packs well, and the hash need not sort again.
        order = ", ".join(quoted(name) for name in table.key)
        connection.execute(
            f"insert into {target} select {columns} from {self._source(connection, table)} "
            f"order by {order}"
        )
        for statement in comment_statements(table, SERVED):
            connection.execute(statement)
        self._export(connection, table, target, export / table.schema / f"{table.name}.parquet")
        total, digest = content_hash(connection, target, table.column_names)
        if table.history == "current":
            return PublishedTable(table, total, "", total, digest)
        partition = f"(select * from {target} where as_of_date = date {literal(self.as_of_date)})"
        own, own_digest = content_hash(connection, partition, table.column_names)
        return PublishedTable(table, total, self.as_of_date, own, own_digest)

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

    def _source(self, connection: duckdb.DuckDBPyConnection, table: Table) -> str:
        """Return the rows to publish as SQL: this run's, and those of its ancestors if kept."""
        if table.writer == "dbt":
            own = f"{WORKING}.{quoted(table.schema)}.{quoted(table.name)}"
            if table.history == "current":
                return own
            self._keep_partition(connection, table, own)
        ancestry = self.ledger.ancestry(self.run_id) if table.history != "current" else ()
        runs: Sequence[str] = ancestry or (self.run_id,)
        files = [literal(handed_over(self.home, table, run_id)) for run_id in runs]
        return f"read_parquet([{', '.join(files)}], hive_partitioning = false)"

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
        target = f"{SERVED}.{quoted(table.schema)}.{quoted(table.name)}"
        connection.execute(f"insert into {target} select * from ops_rows")
        connection.unregister("ops_rows")
        for statement in comment_statements(table, SERVED):
            connection.execute(statement)

    def _as_published(self, rows: pa.Table) -> pa.Table:
        """Return the runs as they are once readers can see this file."""
        listed = rows.to_pylist()
        for row in listed:
            if row["run_id"] == self.run_id:
                row.update(state="published", ended_at=utc_now(), failed_step=None, message=None)
        return pa.Table.from_pylist(listed, schema=rows.schema)

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
            connection.execute(
                "update runs set state = 'published', ended_at = ?, rows_out = ?, "
                "failed_step = null, message = null where run_id = ?",
                (now.isoformat(sep=" "), publication.rows, self.run_id),
            )
            append_in(connection, "version.published", name, {"rows": publication.rows})


def _refuse_leftover_log(file: Path) -> None:
    if file.with_name(f"{file.name}.wal").exists():
        raise RunStateError(
            f"{file.name} was not fully written: a write-ahead log is left beside it"
        )
