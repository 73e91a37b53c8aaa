"""Read the served file again and again until told to stop: `HOME THREADS STOP-FILE`.

With 0 threads one connection at a time opens the link itself, as a BI tool does. Prints one JSON
object: reads, the versions seen in order, and every fault.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served

PAUSE_S = 0.3
LOOK = """
select
    (select coalesce(max(version), 0) + 1 from ops.publications) as version,
    (select count(*) from duckdb_tables() where not internal) as n_tables,
    (select count(*) from core.fct_order_items) as n_lines,
    (select count(*) from features.feat_customers_wide) as n_customers,
    (select count(*) from ops.runs where state = 'published') as n_published
"""


@dataclass
class Sight:
    """What one reader saw."""

    reads: int = 0
    versions: list[int] = field(default_factory=list)
    contents: set[tuple[int, ...]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def look(self, home: Home, *, is_plain: bool) -> None:
        version, *content = _plain(home) if is_plain else _as_crm_sql(home)
        self.reads += 1
        self.contents.add(tuple(content))
        if self.versions and version < self.versions[-1]:
            self.faults.append(f"went back from {self.versions[-1]} to {version}")
        if not self.versions or version != self.versions[-1]:
            self.versions.append(version)


def _as_crm_sql(home: Home) -> list[int]:
    return list(query_served(home, LOOK).to_pylist()[0].values())


def _plain(home: Home) -> list[int]:
    with duckdb.connect(str(home.served_link), read_only=True) as connection:
        return list(connection.execute(LOOK).fetchall()[0])


def read_until(home: Home, stop: Path, *, is_plain: bool) -> Sight:
    """Look until the stop file is there, and once more."""
    sight = Sight()
    is_last = False
    while not is_last:
        is_last = stop.exists()
        try:
            sight.look(home, is_plain=is_plain)
        except Exception as error:  # noqa: BLE001 (every fault counts, whatever it is)
            sight.faults.append(f"{type(error).__name__}: {error}")
        time.sleep(PAUSE_S)
    return sight


def main(root: str, threads: str, stop: str) -> None:
    """Read with so many threads and print what they saw."""
    home, n = Home(Path(root)), int(threads)
    with ThreadPoolExecutor(max(n, 1)) as pool:
        waiting = [
            pool.submit(read_until, home, Path(stop), is_plain=n == 0) for _ in range(max(n, 1))
        ]
        sights = [one.result() for one in waiting]
    told = [{**vars(one), "contents": sorted(one.contents)} for one in sights]
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
