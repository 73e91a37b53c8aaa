"""A gate that fails stops the daily DAG before it publishes, and says what, where and how many."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_ops, query_served

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(900)]

SLIPPED = "O9999;1;K001;2024-06-28 09:00:00;P001;1;99999999.00\n"


def test_a_failing_gate_keeps_readers_on_the_version_they_have(company, tmp_path, crm):
    folder = Path(shutil.copytree(company.profile.parent, tmp_path / "company"))
    home = Home(
        Path(shutil.copytree(company.undisturbed("publish").root, tmp_path / "home", symlinks=True))
    )
    before = served_file(home)
    with (folder / "data" / "lines-2.csv").open("a", encoding="utf-8") as lines:
        lines.write(SLIPPED)

    ended = crm("run", "--home", home.root, "--profile", folder / company.profile.name)

    assert ended.returncode == 1
    assert "net_amount_is_below_ten_million" in ended.stderr
    assert "core.fct_order_items" in ended.stderr
    assert "1 of " in ended.stderr
    assert "nothing was published" in ended.stderr
    assert "99999999" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert served_file(home) == before
    assert query_served(home, "select max(net_amount) < 1000 from core.fct_order_items").column(
        0
    ).to_pylist() == [True]
    failed = query_ops(
        home, "select row_key from dq_failed_rows where expectation like 'net_amount%'"
    )
    assert [key for key in failed.column("row_key").to_pylist() if "O9999" in key]
    states = query_ops(home, "select state from runs order by started_at").column(0).to_pylist()
    assert states == ["published", "failed"]
    after = query_ops(home, "select task_id from task_runs order by task_run_no desc limit 1")
    assert after.column(0).to_pylist() == ["gate_core"]
