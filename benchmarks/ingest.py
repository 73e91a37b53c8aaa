"""``python -m benchmarks.ingest [--mb N] [--memory-mb N]``: how fast and how lean files are landed.

A clean file without identifying columns, one with them, and DuckDB's own reader on the same files;
each figure is the best of three, on one thread. The last part streams a file through that is larger
than the memory it may take, in a process of its own, and reports its peak.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from crm_tasks.connectors.files import read_chunks
from crm_tasks.connectors.preflight import Limits, fingerprint, refuse_changed
from crm_tasks.landing.rows import BatchOrigin
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import SourceTable
from crm_tasks.warehouse.batches import BatchPlace, landed_manifest, write_batch
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260722
ROUNDS = 3
ROWS_PER_PART = 200_000
LIMITS = Limits(file_bytes=1 << 40)
PLAIN = ("ticket", "line", "store", "article", "sold_at", "pieces", "amount", "note")
IDENTIFYING = {"name": "name", "email": "email", "phone": "phone"}


def write_sales(path: Path, megabytes: float, *, with_people: bool) -> int:
    """Write a CSV file of about that size and return its number of rows."""
    generator = np.random.default_rng(SEED)
    n_rows = 0
    with path.open("wb") as file:
        while file.tell() < megabytes * 1e6:
            part = _part(generator, n_rows, with_people=with_people)
            options = pacsv.WriteOptions(include_header=n_rows == 0)
            pacsv.write_csv(part, file, options)
            n_rows += part.num_rows
    return n_rows


def _part(generator: np.random.Generator, first: int, *, with_people: bool) -> pa.Table:
    n = ROWS_PER_PART
    days = generator.integers(0, 365, n)
    columns = {
        "ticket": [f"{first + i:012d}" for i in range(n)],
        "line": generator.integers(1, 9, n),
        "store": [f"S{i:04d}" for i in generator.integers(0, 400, n)],
        "article": generator.integers(100_000, 999_999, n),
        "sold_at": [str(day) for day in np.datetime64("2025-01-01") + days],
        "pieces": generator.integers(1, 20, n),
        "amount": [
            f"{cents // 100}.{cents % 100:02d}" for cents in generator.integers(1, 10**5, n)
        ],
        "note": [
            ("", "by the door, left", "repeat", "张伟")[i] for i in generator.integers(0, 4, n)
        ],
    }
    if with_people:
        people = generator.integers(0, 100_000, n)
        columns |= {
            "name": [f"Person {i} of Town" for i in people],
            "email": [f"person{i}@example.org" for i in people],
            "phone": [f"+86138{i:08d}" for i in people],
        }
    return pa.table(columns)


def sales_table(*, with_people: bool) -> SourceTable:
    """Return the declaration of the generated file."""
    people = {name: {"identifying": kind} for name, kind in IDENTIFYING.items()}
    columns = dict.fromkeys(PLAIN, "plain") | (people if with_people else {})
    return SourceTable.model_validate(
        {"name": "sales", "files": "*.csv", "format": "csv", "columns": columns, "feeds": []}
    )


def land(path: Path, table: SourceTable, home: Home) -> int:
    """Land one file end to end, fingerprint to rename, and return its rows."""
    before = fingerprint(path, LIMITS)
    place = BatchPlace(home, "bench", table, before.sha256[:32])
    origin = BatchOrigin(place.batch_id, before.sha256, utc_now())
    vault = Vault(home.vault, b"k" * 32)
    chunks = read_chunks(path, table, LIMITS)
    write_batch(
        place, chunks, origin, b"t" * 32, vault, 1, last_check=lambda: refuse_changed(path, before)
    )
    manifest = landed_manifest(place.folder) or {}
    return int(manifest["n_loaded"])


def duckdb_reads(path: Path, folder: Path) -> None:
    """Read the same file as text with DuckDB and write it as Parquet, on one thread."""
    target = folder / "duckdb.parquet"
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"copy (select * from read_csv('{path}', all_varchar = true)) "  # noqa: S608
            f"to '{target}' (compression zstd)"
        )


def best_seconds(act: Callable[[], object]) -> float:
    """Return the shortest CPU time of several calls."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        act()
        seconds.append(time.process_time() - started)
    return min(seconds)


def peak_of_streaming(path: Path) -> float:
    """Return the peak memory in MiB of a process that lands the file."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--land-only", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def measure(megabytes: float, memory_megabytes: float) -> list[str]:
    """Return the figures as lines of text."""
    lines = []
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = Home(folder / "home")
        seconds = {}
        for with_people in (False, True):
            path = folder / f"sales-{with_people}.csv"
            n = write_sales(path, megabytes, with_people=with_people)
            size = path.stat().st_size / 1e6
            table = sales_table(with_people=with_people)
            own = best_seconds(lambda path=path, table=table: land(path, table, home))  # type: ignore[misc]
            theirs = best_seconds(lambda path=path: duckdb_reads(path, folder))  # type: ignore[misc]
            seconds[with_people] = own / n
            kind = "three identifying columns" if with_people else "no identifying column"
            lines.append(
                f"{kind}: {size:.0f} MB, {n} rows: {size / own:.0f} MB per CPU second end to end; "
                f"DuckDB read_csv to Parquet {size / theirs:.0f}"
            )
        per_value = (seconds[True] - seconds[False]) / len(IDENTIFYING) * 1e6
        lines.append(f"{per_value:.2f} microseconds per identifying value")
        if memory_megabytes:
            path = folder / "large.csv"
            write_sales(path, memory_megabytes, with_people=False)
            peak = peak_of_streaming(path)
            lines.append(f"{path.stat().st_size / 1e6:.0f} MB streamed with {peak:.0f} MiB at most")
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=100)
    parser.add_argument("--memory-mb", type=float, default=1000, help="0: leave the memory out")
    parser.add_argument("--land-only", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.land_only:
        with tempfile.TemporaryDirectory() as name:
            land(given.land_only, sales_table(with_people=False), Home(Path(name)))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"one core of {os.cpu_count()}, CPU time, best of {ROUNDS}")
    for line in measure(given.mb, given.memory_mb):
        print(line)


if __name__ == "__main__":
    main()
