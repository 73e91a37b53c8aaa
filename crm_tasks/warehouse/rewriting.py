"""Everything stored, table by table, written anew: for rotation and erasure.

Each store is read once and written into the next generation. A transform takes a table's name and
rows and returns the rows as they shall be, or None where nothing changes; unchanged files are
taken over without a copy. DuckDB files are written afresh, since a deleted row's bytes may stay in
a file that is changed in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.contracts import all_tables, check_rows, published_tables
from crm_tasks.contracts.render import comment_statements, create_table_sql
from crm_tasks.contracts.sql_text import literal, quoted
from crm_tasks.warehouse.connection import file_engine
from crm_tasks.warehouse.files import fsync_path, sha256_of
from crm_tasks.warehouse.hashes import content_hash
from crm_tasks.warehouse.publications import next_version, served_file, version_file_name
from crm_tasks.warehouse.publish import FILE_MODE, STORAGE_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from crm_tasks.contracts import Table
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.generations import NextGeneration
    from crm_tasks.warehouse.ledger import Ledger

Transform = Callable[[str, pa.Table], pa.Table | None]

MANIFEST, ROWS_FILE = "manifest.json", "rows.parquet"


def rewrite_run_tables(generation: NextGeneration, transform: Transform) -> dict[str, int]:
    """Write every table a run handed over anew; return the rows that went, by table."""
    lake = generation.home.lake
    contracts = {table.full_name: table for table in all_tables()}
    gone: dict[str, int] = {}
    for path in sorted(lake.rglob("*")):
        if path.is_dir() or generation.home.landing in path.parents or path.name == MANIFEST:
            continue
        target = generation.root / "lake" / path.relative_to(lake)
        name = ".".join(path.relative_to(lake).parts[:2])
        rows = pq.read_table(path, partitioning=None) if path.suffix == ".parquet" else None
        changed = transform(name, rows) if rows is not None else None
        if rows is not None and changed is not None:
            if name in contracts and set(contracts[name].column_names) == set(rows.column_names):
                changed = check_rows(contracts[name], changed)  # in the order of the new keys
            gone[name] = gone.get(name, 0) + rows.num_rows - changed.num_rows
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(changed, target, compression="zstd")
            fsync_path(target)
        else:
            generation.link_or_copy(path, target)
        _write_manifest(path, target, changed)
    return {name: n for name, n in gone.items() if n}


def _write_manifest(path: Path, target: Path, changed: pa.Table | None) -> None:
    """Write the manifest beside a hand-over with the digest the file has now."""
    manifest = path.with_name(MANIFEST)
    if path.name != ROWS_FILE or not manifest.is_file():
        return
    told = json.loads(manifest.read_text(encoding="utf-8"))
    if changed is not None:
        told |= {"rows": changed.num_rows, "sha256": sha256_of(target)}
    beside = target.with_name(MANIFEST)
    beside.write_text(json.dumps(told), encoding="utf-8")
    fsync_path(beside)


def rewrite_landing(
    generation: NextGeneration, transform: Callable[[Path, pa.Table], pa.Table | None]
) -> None:
    """Write landed batches anew; ``transform`` gets a batch's folder and rows."""
    landing = generation.home.landing
    for path in sorted(landing.rglob("*")) if landing.is_dir() else ():
        if path.is_dir():
            continue
        target = generation.root / "lake" / path.relative_to(generation.home.lake)
        if target.exists():
            continue  # a manifest the transform wrote
        changed = None
        if path.suffix == ".parquet":
            changed = transform(path.parent, pq.read_table(path, partitioning=None))
        if changed is None:
            generation.link_or_copy(path, target)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(changed, target, compression="zstd")
        fsync_path(target)


def rewrite_working_file(
    generation: NextGeneration, settings: Settings, transform: Transform
) -> dict[str, int]:
    """Write the working DuckDB file anew, tables only; return the rows that went, by table."""
    source = generation.home.warehouse_file
    if not source.is_file():
        return {}
    gone: dict[str, int] = {}
    target = generation.root / source.name
    with file_engine(generation.home.temporary, settings.memory_limit, 1) as connection:
        connection.execute(f"attach {literal(source)} as former (read_only)")
        connection.execute(f"attach {literal(target)} as fresh")
        connection.begin()  # one transaction: each of its own would wait for the disk
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'former' and not internal order by all"
        ).fetchall()
        for schema in sorted({schema for schema, _ in found} - {"main"}):
            connection.execute(f"create schema fresh.{quoted(schema)}")
        for schema, name in found:
            where = f"{quoted(schema)}.{quoted(name)}"
            rows = connection.sql(f"from former.{where}").to_arrow_table()
            changed = transform(f"{schema}.{name}", rows)
            connection.register("kept_rows", rows if changed is None else changed)
            connection.execute(f"create table fresh.{where} as from kept_rows")
            connection.unregister("kept_rows")
            if changed is not None and changed.num_rows < rows.num_rows:
                gone[f"{schema}.{name}"] = rows.num_rows - changed.num_rows
        connection.commit()
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")
    fsync_path(target)
    return gone


TABLE_DIGEST = """
update table_hashes set content_hash = ?
where run_id = ? and table_name = ? and partition_key = ?"""


def next_served_file(
    generation: NextGeneration, settings: Settings, ledger: Ledger, transform: Transform
) -> tuple[dict[str, int], dict[str, Any] | None, list[tuple[str, list[Any]]]]:
    """Write the version readers see anew as the next version.

    Returns
    -------
    gone, publication, statements
        Rows that went, by table; version and run for the generation's commit, None without any
        version; and what tells the ops store the tables' new hashes.
    """
    home = generation.home
    source = served_file(home)
    rows = ledger.store.rows(
        "select run_id, as_of_date from publications join runs using (run_id) "
        "order by version desc limit 1"
    )
    if source is None or not rows:
        return {}, None, []
    version, run_id = next_version(home, ledger), str(rows[0]["run_id"])
    served = ServedFile(source, version_file_name(version, run_id), str(rows[0]["as_of_date"]))
    gone, hashes = rewrite_served_file(generation, settings, transform, served)
    statements: list[tuple[str, list[Any]]] = [
        (TABLE_DIGEST, [digest, run_id, name, partition])
        for (name, partition), digest in hashes.items()
    ]
    return gone, {"version": version, "run_id": run_id}, statements


@dataclass(frozen=True)
class ServedFile:
    """A served file, the name it is written anew under, and the date its run computed for."""

    source: Path
    file_name: str
    as_of_date: str


def rewrite_served_file(
    generation: NextGeneration, settings: Settings, transform: Transform, served: ServedFile
) -> tuple[dict[str, int], dict[tuple[str, str], str]]:
    """Write a served file and its export anew under another name.

    Returns
    -------
    gone, hashes : dict, dict
        Rows that went, by table; and the content hash of each table and partition of its run.
    """
    folder = generation.root / "serve"
    file = folder / served.file_name
    gone: dict[str, int] = {}
    hashes: dict[tuple[str, str], str] = {}
    folder.mkdir(parents=True, exist_ok=True)
    with file_engine(generation.home.temporary, settings.memory_limit, 1) as connection:
        connection.execute(f"attach {literal(served.source)} as former (read_only)")
        connection.execute(f"attach {literal(file)} as fresh (storage_version '{STORAGE_VERSION}')")
        connection.begin()
        for schema in dict.fromkeys(table.schema for table in published_tables()):
            connection.execute(f"create schema fresh.{quoted(schema)}")
        for table in published_tables():
            n_gone = _rewrite_served_table(connection, table, transform)
            if n_gone:
                gone[table.full_name] = n_gone
            if table.writer != "ops":
                _export(connection, table, file.with_suffix(".parquet"))
                hashes |= _hash(connection, table, served.as_of_date)
        connection.commit()
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")
    file.chmod(FILE_MODE)
    fsync_path(file)
    return gone, hashes


def _rewrite_served_table(
    connection: duckdb.DuckDBPyConnection, table: Table, transform: Transform
) -> int:
    where = f"{quoted(table.schema)}.{quoted(table.name)}"
    rows = connection.sql(f"from former.{where}").to_arrow_table()
    changed = transform(table.full_name, rows)
    kept = rows if changed is None else changed
    connection.execute(create_table_sql(table, "fresh"))
    connection.register("kept_rows", kept)
    order = ", ".join(quoted(name) for name in table.key)
    connection.execute(f"insert into fresh.{where} from kept_rows order by {order}")
    connection.unregister("kept_rows")
    for statement in comment_statements(table, "fresh"):
        connection.execute(statement)
    return int(rows.num_rows - kept.num_rows)


def _export(connection: duckdb.DuckDBPyConnection, table: Table, export: Path) -> None:
    parquet = export / table.schema / f"{table.name}.parquet"
    parquet.parent.mkdir(parents=True, exist_ok=True)
    where = f"fresh.{quoted(table.schema)}.{quoted(table.name)}"
    connection.execute(f"copy {where} to {literal(parquet)} (format parquet, compression zstd)")
    fsync_path(parquet)


def _hash(
    connection: duckdb.DuckDBPyConnection, table: Table, as_of_date: str
) -> dict[tuple[str, str], str]:
    where = f"fresh.{quoted(table.schema)}.{quoted(table.name)}"
    partition = "" if table.history == "current" else as_of_date
    if partition:
        where = f"(select * from {where} where as_of_date = date {literal(partition)})"
    _, digest = content_hash(connection, where, table.column_names)
    return {(table.full_name, partition): digest}
