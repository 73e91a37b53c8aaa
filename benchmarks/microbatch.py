"""What one new file costs: the bundled sales in two files, the second with a share of the lines.

    python -m benchmarks.microbatch FOLDER SHARE...

For each share a home is run with the first file, then again with both. Printed, as JSON: seconds
and rows touched of each step and table of the second run, beside those of the first, and whether
core came out as it does from both files at once.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from crm_tasks.connectors.files import source_root
from crm_tasks.contracts.dbt_models import layer_tables
from crm_tasks.profiles import load_profile, profile_path
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import STEPS
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.hashes import content_hash
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

#: The rest of the run reads everything, whatever changed.
UNTIL = "core"
#: Enough to have the table at all, where the second file is to bring nearly everything.
LEAST = 0.0001


def main(folder: Path, shares: list[float]) -> dict[str, Any]:
    """Return what each share cost."""
    sales = pq.read_table(data() / "transactions.parquet")
    order = pc.sort_indices(
        sales, [("transaction_timestamp", "ascending"), ("basket_id", "ascending")]
    )
    sales = sales.take(order)
    whole = Home(folder / "whole")
    profile = write_source(folder / "both", [sales])
    run(whole, profile, "whole")
    expected = core_hashes(whole)
    told = {}
    for share in shares:
        first = max(1, int(sales.num_rows * max(1 - share, LEAST)))
        home = Home(folder / f"share-{share}")
        place = folder / f"source-{share}"
        profile = write_source(place, [sales.slice(0, first)])
        before = run(home, profile, "first")
        write_source(place, [sales.slice(0, first), sales.slice(first)])
        after = run(home, profile, "second")
        told[str(share)] = {
            "n_new": sales.num_rows - first,
            "first": before,
            "second": after,
            "is_equal": core_hashes(home) == expected,
        }
    return told


def data() -> Path:
    """Return where the bundled files lie."""
    (source,) = load_profile("completejourney").sources
    return source_root(source, Path()) / "data"


def write_source(folder: Path, sales: list[pa.Table]) -> Path:
    """Write the bundled company below a folder, its sales in some files; return its profile."""
    told = yaml.safe_load(profile_path("completejourney").read_text(encoding="utf-8"))
    (source,) = told["sources"]
    del source["package"]
    source["root"] = "."
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for table in source["tables"]:
        if table["name"] == "transactions":
            table["files"] = "data/transactions-*.parquet"
        else:
            shutil.copyfile(data() / Path(table["files"]).name, folder / table["files"])
    for number, rows in enumerate(sales, 1):
        pq.write_table(rows, folder / f"data/transactions-{number}.parquet")
    file = folder / "completejourney.yml"
    file.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    return file


def run(home: Home, profile: Path, name: str) -> dict[str, Any]:
    """Run up to core; return seconds and rows touched by step, and by table."""
    attempt = Attempt(name, str(profile), str(home.root))
    for step in STEPS:
        run_step(step.name, attempt)
        if step.name == UNTIL:
            break
    ledger = Ledger(home.ops_file)
    frozen = ledger.run_of_attempt(name) or {}
    steps = ledger.store.rows("select * from task_runs where attempt_id = ?", (name,))
    tables = ledger.store.rows("select * from table_builds where run_id = ?", (frozen["run_id"],))
    return {
        "steps": {row["task_id"]: (row["duration_s"], row["rows_touched"]) for row in steps},
        "tables": {
            row["table_name"]: (row["strategy"], row["rows_touched"], row["duration_s"])
            for row in tables
        },
    }


def core_hashes(home: Home) -> dict[str, tuple[int, str]]:
    """Return row count and content hash of each core table of the working file."""
    with sandboxed_reader(home.warehouse_file) as connection:
        return {
            table.name: content_hash(connection, table.full_name, table.column_names, table.key)
            for table in layer_tables("core")
        }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), [float(text) for text in sys.argv[2:]])))
