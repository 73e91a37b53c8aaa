"""The read seam and the hand-over: the caller names a table, never a path or a database.

A dbt table comes from the working DuckDB file, a Python table from the Parquet its run wrote. The
same seam can later read from a cluster engine, so nothing else opens either. Every call opens,
copies and closes before it returns: an open reader would lock dbt out.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.contracts import Table, check_slices
from crm_tasks.contracts.sql_text import quoted
from crm_tasks.errors import ContractError, RunStateError, listed, nearest
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.files import folder_aside, reveal, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Claim, Ledger

ROWS_FILE = "rows.parquet"
MANIFEST = "manifest.json"


def read_table(
    home: Home,
    table: Table,
    run_id: str,
    columns: Sequence[str] | None = None,
    where_set: str | None = None,
) -> pa.Table:
    """Return a table of a run: all columns or the named ones, in the order given.

    With ``where_set`` only the rows in which that column of a dbt table is not NULL.

    Raises
    ------
    RunStateError
        The run has not written it (yet).
    ContractError
        A column the contract does not have.
    """
    names = tuple(columns) if columns is not None else table.column_names
    unknown = [name for name in names if name not in table.column_names]
    if unknown:
        hint = nearest(unknown[0], table.column_names)
        raise ContractError(f"{table.full_name} has no column {listed(unknown)}{hint}")
    if table.writer == "dbt":
        return _read_from_working_file(home, table, names, where_set)
    path = handed_over(home, table, run_id)
    return pq.read_table(path, columns=list(names), partitioning=None)


def read_part(home: Home, table: Table, run_id: str, part: str) -> pa.Table:
    """Return the rows one step contributed to a table of a run.

    Raises
    ------
    RunStateError
        The step has not contributed them (yet).
    """
    path = handed_over(home, table, run_id, part)
    return pq.read_table(path, columns=list(table.column_names), partitioning=None)


def handed_over(home: Home, table: Table, run_id: str, part: str | None = None) -> Path:
    """Return the Parquet file a run handed over for a table, or for one step's part of it.

    Raises
    ------
    RunStateError
        It is not there, or its manifest does not name it.
    """
    folder = home.table_dir(table, run_id, part)
    if not (folder / MANIFEST).is_file():
        what = f"the part of step {part} in " if part else ""
        raise RunStateError(f"run {run_id} has not written {what}{table.full_name}")
    return folder / ROWS_FILE


def has_written(home: Home, table: Table, run_id: str) -> bool:
    """Return whether a run wrote a table at all: one of before the table existed did not."""
    return (home.table_dir(table, run_id) / MANIFEST).is_file()


def is_handed_over(home: Home, table: Table, run_id: str, part: str | None = None) -> bool:
    """Return whether a run's rows of a table are there and have the digest of their manifest."""
    folder = home.table_dir(table, run_id, part)
    if not (folder / MANIFEST).is_file():
        return False
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    rows = folder / ROWS_FILE
    return rows.is_file() and sha256_of(rows) == manifest["sha256"]


def write_table(
    home: Home,
    ledger: Ledger,
    claim: Claim,
    table: Table,
    rows: pa.Table | Iterable[pa.Table],
    *,
    is_part: bool = False,
) -> int:
    """Check rows against the contract and hand them over atomically; return their number.

    Many rows may come as slices, each of keys behind those of the slice before: only one lies in
    memory at a time. As a part, rows are the step's contribution to a table that a later step
    gathers.

    Raises
    ------
    ContractError
        The rows are not what the contract declares, or slices come out of order.
    StaleAttempt
        A newer attempt of the step has taken over; nothing was made visible.
    """
    if claim.run_id is None:
        raise RunStateError(f"step {claim.step} writes {table.full_name} before the run is frozen")
    slices = check_slices(table, [rows] if isinstance(rows, pa.Table) else rows)
    first = next(slices, table.arrow_schema.empty_table())  # wrong rows leave no folder behind
    final = home.table_dir(table, claim.run_id, claim.step if is_part else None)
    with folder_aside(final, claim.token) as aside:
        n_rows = write_rows(aside / ROWS_FILE, table, chain([first], slices))
        manifest = {
            "table": table.full_name,
            "rows": n_rows,
            "sha256": sha256_of(aside / ROWS_FILE),
        }
        (aside / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        with ledger.fenced(claim):
            reveal(aside, final)
    return n_rows


def write_rows(file: Path, table: Table, checked: Iterable[pa.Table]) -> int:
    """Write slices of checked rows into one Parquet file and return the number of rows."""
    n_rows = 0
    with pq.ParquetWriter(file, table.arrow_schema, compression="zstd") as writer:
        for rows in checked:
            writer.write_table(rows)
            n_rows += rows.num_rows
    return n_rows


def count_rows(home: Home, tables: Sequence[Table]) -> dict[str, int]:
    """Return the number of rows of dbt tables, by name."""
    with sandboxed_reader(home.warehouse_file) as connection:
        return {
            table.full_name: int(
                connection.execute(f"select count(*) from {_source(table)}").fetchall()[0][0]
            )
            for table in tables
        }


def _read_from_working_file(
    home: Home, table: Table, names: Sequence[str], where_set: str | None
) -> pa.Table:
    selected = ", ".join(quoted(name) for name in names)
    condition = f" where {quoted(where_set)} is not null" if where_set else ""
    with sandboxed_reader(home.warehouse_file) as connection:
        query = f"select {selected} from {_source(table)}{condition}"
        return connection.sql(query).to_arrow_table()


def _source(table: Table) -> str:
    return f"{quoted(table.schema)}.{quoted(table.name)}"
