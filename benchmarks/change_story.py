"""Three landings, five dates, then two of them again, killed in the middle and called once more.

    python -m benchmarks.change_story FOLDER

Late rows, corrections and deletions come with the later landings, of a source that counts facts as
known with their event (and a lag) and of one that counts them as known when they land. Printed, as
JSON: what of the dates made again is not what it was, and what of the others changed.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse import landing_records
from crm_tasks.warehouse.history import line
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served
from tests.change.company import CANARY, LANDED_AT, Company

DATES = tuple(dt.date(2024, 6, day) for day in range(11, 16))
AGAIN = DATES[1:3]
PATIENCE_S = 600


def main(folder: Path) -> dict[str, Any]:
    """Tell the story in a folder; return what came out otherwise than it should."""
    company, home = Company(folder / "company"), Home(folder / "home")
    ledger = Ledger(home.ops_file)
    for date in DATES:
        for landing, at in enumerate(LANDED_AT):
            if at.date() == date - dt.timedelta(days=1):
                company.land(landing)
        with patch.object(landing_records, "utc_now", partial(_noon_before, date)):
            run_all(Attempt(f"as of {date}", str(company.profile), str(home.root),
                            as_of=date.isoformat()))  # fmt: skip
    before = {run["as_of_date"]: run["run_id"] for run in line(ledger, "change")}
    partitions = _partitions(home)
    killed = _killed_after_the_first(company, home, ledger, set(before.values()))
    _backfill(company, home).wait(PATIENCE_S)
    after = {run["as_of_date"]: run["run_id"] for run in line(ledger, "change")}
    now = _partitions(home)
    again = {date.isoformat() for date in AGAIN}
    return {
        "n_tables_compared": len(_hashes(ledger, before[str(AGAIN[0])])),
        "made_again": sorted(date for date in after if after[date] != before[date]),
        "differ": {date: _different(ledger, before[date], after[date]) for date in sorted(again)},
        "changed_outside": sorted(
            f"{table}/{date}"
            for (table, date) in partitions.keys() | now.keys()
            if date not in again and partitions.get((table, date)) != now.get((table, date))
        ),
        "n_partitions_outside": len([key for key in partitions if key[1] not in again]),
        "killed_while": killed,
        "canary": _canary(home),
        "out_of_date": [
            run["as_of_date"] for run in line(ledger, "change") if run["stale_because"]
        ],
    }


def _noon_before(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date - dt.timedelta(days=1), dt.time(12))


def _backfill(company: Company, home: Home) -> subprocess.Popen[bytes]:
    crm = [sys.executable, "-c", "from crm_tasks.cli.main import main; main()"]
    options = ["--profile", str(company.profile), "--home", str(home.root)]
    dates = ["--from", str(AGAIN[0]), "--to", str(AGAIN[-1])]
    return subprocess.Popen([*crm, "backfill", *dates, *options], stdout=subprocess.DEVNULL)


def _killed_after_the_first(company: Company, home: Home, ledger: Ledger, known: set[str]) -> str:
    """Start the backfill and kill it once its first date is done and the next is under way."""
    process = _backfill(company, home)
    until = time.monotonic() + PATIENCE_S
    running: list[dict[str, Any]] = []
    while not running and time.monotonic() < until:
        time.sleep(0.1)
        done = {run["run_id"] for run in line(ledger, "change")} - known
        running = ledger.store.rows(
            "select task_id from task_runs join runs using (run_id) where task_runs.state = "
            "'running' and as_of_date = ? and task_id = 'core'",
            (str(AGAIN[-1]),),
        ) if done else []  # fmt: skip
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_S)
    return str(running[0]["task_id"]) if running else "nothing"


def _hashes(ledger: Ledger, run_id: str) -> dict[str, str]:
    rows = ledger.store.rows("select * from table_hashes where run_id = ?", (run_id,))
    return {
        row["table_name"]: row["content_hash"]
        for row in rows
        if row["table_name"].startswith(("core.", "features."))
    }


def _different(ledger: Ledger, then: str, now: str) -> list[str]:
    before, after = _hashes(ledger, then), _hashes(ledger, now)
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _partitions(home: Home) -> dict[tuple[str, str], str]:
    """Return a digest of each partition readers see of each table that is kept by date."""
    tables = query_served(
        home,
        "select schema_name || '.' || table_name as name from duckdb_columns() where column_name "
        "= 'as_of_date' and database_name = current_database() "
        "and schema_name not in ('ops', 'core')",
    )
    found = {}
    for table in tables.column("name").to_pylist():
        rows = query_served(
            home,
            "select cast(as_of_date as varchar) as date, "  # noqa: S608 (a table's own name)
            "md5(string_agg(row, '' order by row)) as h from "
            f"(select as_of_date, to_json(t) as row from {table} as t) group by date",
        )
        found |= {(table, row["date"]): row["h"] for row in rows.to_pylist()}
    return found


def _canary(home: Home) -> dict[str, int]:
    """Return how often what only the last landing knows is seen: now, and as of earlier dates."""
    now = "select count(*) as n from core.dim_customers where age_band = '{}'"
    wide = (
        "select count(*) as n from features.feat_customers_wide "  # noqa: S608 (a date)
        f"where as_of_date < date '{DATES[-1]}' and columns(*)::varchar = '{{}}'"
    )
    return {
        name: query_served(home, query.format(CANARY)).to_pylist()[0]["n"]
        for name, query in (("now", now), ("before", wide))
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
