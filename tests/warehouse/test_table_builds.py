"""How many rows each table's build touched, as dbt noted it."""

from __future__ import annotations

import json

import duckdb

from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.table_builds import table_builds


def test_notes_and_seconds_become_a_row_per_table(tmp_path):
    home = Home(tmp_path)
    with duckdb.connect(str(home.warehouse_file)) as connection:
        connection.execute("create schema changes")
        connection.execute(
            "create table changes.rows_touched as select * from (values "
            "('core.fct_orders', 'changed keys', 2, 3), ('core.dim_dates', 'rebuilt', 0, 583)"
            ") as noted (table_name, strategy, rows_deleted, rows_inserted)"
        )
    results = [
        {"unique_id": "model.guanxi.fct_orders", "execution_time": 0.12345},
        {"unique_id": "test.guanxi.fct_orders.1", "execution_time": 9},
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    dates, orders = table_builds(home, tmp_path, "r")
    assert orders == {
        "run_id": "r", "table_name": "core.fct_orders", "strategy": "changed keys",
        "rows_deleted": 2, "rows_inserted": 3, "rows_touched": 5, "duration_s": 0.123,
    }  # fmt: skip
    assert (dates["rows_touched"], dates["duration_s"]) == (583, None)


def test_a_real_run_leaves_a_row_for_every_dbt_table(published_home):
    ledger = Ledger(published_home.ops_file)
    builds = ledger.store.rows("select * from table_builds")
    steps = ledger.store.rows("select * from task_runs where rows_touched is not null")
    touched = {row["task_id"]: row["rows_touched"] for row in steps}
    staged = [row for row in builds if row["table_name"].startswith("staging.")]
    assert len(builds) > 50
    assert {row["strategy"] for row in builds} == {"rebuilt"}
    assert touched["staging"] == sum(row["rows_touched"] for row in staged) > 2000
