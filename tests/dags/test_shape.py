from __future__ import annotations

import re
from itertools import pairwise

from crm_dags.environment import DAGS
from crm_tasks.contracts.registry import published_tables
from crm_tasks.steps.registry import STEPS, find_step

GROUPS = ["load", "model", "graph", "learn", "decide", "evaluate", "publish"]


def all_tasks(dag_bag):
    tasks = [task for dag in dag_bag["dags"].values() for task in dag["tasks"]]
    assert tasks
    return tasks


def test_all_dag_files_load(dag_bag):
    assert dag_bag["import_errors"] == {}
    assert list(dag_bag["dags"]) == ["crm_daily", "crm_watch"]
    assert dag_bag["files"] == ["crm_daily.py", "crm_watch.py"]


def test_the_shape_is_as_reviewed(dag_bag, snapshot):
    assert dag_bag["dags"] == snapshot


def test_every_step_is_a_task_of_crm_daily_once_and_in_order(dag_bag):
    tasks = dag_bag["dags"]["crm_daily"]["tasks"]
    assert [task["task_id"] for task in tasks] == [step.task_id for step in STEPS]
    assert tasks[-1]["downstream"] == []


def test_a_step_waits_for_the_one_before_it_or_for_what_it_needs(dag_bag):
    tasks = dag_bag["dags"]["crm_daily"]["tasks"]
    followed = {(task["task_id"], name) for task in tasks for name in task["downstream"]}
    chain = [step for step in STEPS if not step.after]
    expected = {(step.task_id, following.task_id) for step, following in pairwise(chain)}
    for step in STEPS:
        if step.after:
            joined = next(s for s in STEPS[STEPS.index(step) :] if not s.after)
            expected |= {(find_step(step.after).task_id, step.task_id)}
            expected |= {(step.task_id, joined.task_id)}
    assert followed == expected


def test_the_task_groups_follow_the_flow(dag_bag):
    tasks = dag_bag["dags"]["crm_daily"]["tasks"]
    assert list(dict.fromkeys(task["task_id"].split(".")[0] for task in tasks)) == GROUPS


def test_a_dbt_step_takes_the_whole_pool(dag_bag):
    slots = {t["task_id"]: t["pool"] for t in dag_bag["dags"]["crm_daily"]["tasks"]}
    assert slots == {s.task_id: f"warehouse: {4 if s.is_dbt else 1}" for s in STEPS}


def test_every_task_survives_a_lost_worker(dag_bag):
    for task in all_tasks(dag_bag):
        assert task["retries"] >= 2, task["task_id"]
        assert task["retry_factor"] > 1, "True counts as 1.0: no growth at all"
        assert task["retry_delay_s"] <= task["max_retry_delay_s"] <= 600


def test_every_task_ends_and_tells_of_its_failure(dag_bag):
    for task in all_tasks(dag_bag):
        assert 0 < task["timeout_s"] <= 7200, task["task_id"]
        assert task["on_failure"] == ["report_failure"], task["task_id"]


def test_a_dag_runs_once_at_a_time_and_never_catches_up(dag_bag):
    for dag in dag_bag["dags"].values():
        assert dag["max_active_runs"] == 1
        assert dag["catchup"] is False
        assert dag["timetable"] == "CronDataIntervalTimetable"
        assert dag["has_doc"]


def test_published_assets_are_outlets_of_publish_only(dag_bag):
    outlets = {task["task_id"]: task["outlets"] for task in all_tasks(dag_bag) if task["outlets"]}
    assert list(outlets) == ["publish.publish"]
    assert {"crm.serve.customer_360", "crm.serve.strategy_actions"} <= set(
        outlets["publish.publish"]
    )


def test_every_asset_is_a_table_that_readers_see(dag_bag):
    tables = {t.full_name.removeprefix("bi.").replace(".", "_") for t in published_tables()}
    outlets = dag_bag["dags"]["crm_daily"]["tasks"][-1]["outlets"]
    assert outlets
    assert {name.removeprefix("crm.serve.") for name in outlets} <= tables


def test_the_schedule_table_lists_the_dags_as_they_are(dag_bag):
    text = (DAGS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(crm_\w+)` \| `([^`]+)` \|.*\| (\w+) \|$", text, re.MULTILINE)
    declared = [
        (dag_id, dag["schedule"].removesuffix(" UTC"), dag["tasks"][0]["owner"])
        for dag_id, dag in dag_bag["dags"].items()
    ]
    assert declared
    assert rows == declared


def test_no_dag_file_is_named_as_dbt_plugins_are():
    files = [path.name for path in DAGS.glob("*.py")]
    assert files
    assert not [name for name in files if name.startswith("dbt")]
