"""Acceptance lines of issue 2 about sources that are asked: databases, pages and APIs.

``python -m benchmarks.connectors ROWS`` reads a table of so many rows out of a PostgreSQL of its
own and prints seconds and the peak of memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, line
from benchmarks.processes import run_child

if TYPE_CHECKING:
    from benchmarks.workshop import Workshop

FEW, MANY = 100_000, 1_000_000
GROWTH_MB = 64
COLUMNS = ("id", "customer", "amount", "at", "remark")
TABLE = (
    "create table orders (id bigint primary key, customer text, amount numeric(18,2), "
    "at timestamp, remark text)"
)
FILL = (
    "insert into orders select g, 'customer-' || g, g * 0.37, '2024-05-01 10:00:00', "
    "'a remark about as long as remarks usually are' from generate_series(1, {n}) g"
)


@line(2, "The same 100 rows through every connector: equal staging hashes; social recipes run")
def every_connector(workshop: Workshop) -> Measured:
    """Run the test of the suite that says so, here as on any machine."""
    done = workshop.pytest("tests/flow/test_every_connector.py")
    return Measured(done.printed.strip().splitlines()[-1].strip("= "), done.code == 0)


@line(2, f"PostgreSQL, {MANY:,} rows: read as one moment in memory that does not grow with them")
def bounded_memory(workshop: Workshop) -> Measured:
    """Read a small and a large table, each in a process of its own."""
    told = {}
    for n in (FEW, MANY):
        command = [workshop.python, "-m", "benchmarks.connectors", str(n)]
        done = run_child(command, workshop.checkout).checked()
        told[n] = json.loads(done.printed.strip().splitlines()[-1])
    text = "; ".join(
        f"{n:,} rows: {found['seconds']:.1f} s (CPU {found['cpu']:.1f} s), peak {found['peak']} MiB"
        for n, found in told.items()
    )
    is_whole = all(found["read"] == n for n, found in told.items())
    return Measured(text, is_whole and told[MANY]["peak"] - told[FEW]["peak"] < GROWTH_MB)


def main() -> None:
    """Measure one extract and print its figures as JSON."""
    from crm_tasks.connectors.databases import extract_database
    from crm_tasks.profiles import Source
    from tests.connectors.databases_on_loopback import PASSWORD, postgresql

    n = int(sys.argv[1])
    os.environ["CRM_SECRET_READER"] = PASSWORD
    with postgresql() as server, tempfile.TemporaryDirectory() as folder:
        server.run(TABLE, FILL.format(n=n), "grant select on orders to reader")
        columns = dict.fromkeys(COLUMNS, "plain")
        source = {
            "source_system": "shop",
            "database": {"url": server.url, "password": "CRM_SECRET_READER"},
            "known_at": {"rule": "event"},
            "tables": [{"name": "orders", "table": "orders", "columns": columns, "feeds": []}],
        }
        begun, cpu = time.perf_counter(), time.process_time()
        (extract,) = extract_database(
            Source.model_validate(source), Path(folder), {}, bytes(32), Path(folder)
        )
        figures = {
            "read": extract.n_read,
            "seconds": time.perf_counter() - begun,
            "cpu": time.process_time() - cpu,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        }
        extract.spool.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
