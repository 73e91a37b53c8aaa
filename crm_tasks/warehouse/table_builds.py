"""What dbt touched: rows of each table it built, as its models noted them while they were built."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crm_tasks.warehouse.connection import sandboxed_reader

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.warehouse.home import Home

NOTES = """
select table_name, strategy, rows_deleted, rows_inserted
from changes.rows_touched
order by table_name
"""


def table_builds(home: Home, target: Path, run_id: str) -> list[dict[str, Any]]:
    """Return the rows of ``ops.table_builds`` of the latest call of dbt."""
    with sandboxed_reader(home.warehouse_file) as connection:
        notes = connection.execute(NOTES).fetchall()
    seconds = _seconds(target)
    return [
        {
            "run_id": run_id,
            "table_name": table,
            "strategy": strategy,
            "rows_deleted": deleted,
            "rows_inserted": inserted,
            "rows_touched": deleted + inserted,
            "duration_s": seconds.get(table.partition(".")[2]),
        }
        for table, strategy, deleted, inserted in notes
    ]


def _seconds(target: Path) -> dict[str, float]:
    file = target / "run_results.json"
    results = json.loads(file.read_text(encoding="utf-8"))["results"] if file.exists() else []
    return {
        result["unique_id"].rpartition(".")[2]: round(result["execution_time"], 3)
        for result in results
        if result["unique_id"].startswith("model.")
    }
