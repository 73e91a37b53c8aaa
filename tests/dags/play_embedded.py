"""Run crm_daily several times with planted outcomes instead of real steps; print what came of it.

Run in a process of its own: see describe_dags.py.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crm_dags.environment import local_airflow
from crm_tasks.warehouse.home import Home

HOME = Home(Path(sys.argv[1]))
os.environ.update(local_airflow(HOME, "completejourney"))

from airflow.models.dagrun import DagRun  # noqa: E402 (Airflow reads its environment when imported)
from airflow.models.taskinstance import TaskInstance  # noqa: E402
from airflow.utils.session import create_session  # noqa: E402
from sqlalchemy import select, update  # noqa: E402

from crm_dags import embedded  # noqa: E402
from crm_tasks.errors import GateFailed, WarehouseBusy  # noqa: E402
from crm_tasks.steps import runner  # noqa: E402

embedded.RETRY_DELAY /= 5


def play(run_id: str, step_that_fails: str = "", outcomes: tuple = ()) -> dict:
    """Run the DAG; the named step raises the outcomes one after the other, then succeeds."""
    planted = iter(outcomes)
    seen = []

    def run_step(step, attempt):
        seen.append((step, attempt.attempt_id, attempt.as_of))
        if step == step_that_fails and (error := next(planted, None)):
            raise error
        return {"state": "success"}

    runner.run_step = run_step
    conf = {"profile": "completejourney", "as_of": "2017-06-01", "dry_run": False}
    with ThreadPoolExecutor(1) as beside:
        return {"ended": embedded.run_daily(conf, run_id, beside), "seen": seen}


def kill(run_id: str) -> None:
    """Leave a run as a killed process leaves it."""
    with create_session() as session:
        for model in (DagRun, TaskInstance):
            session.execute(update(model).where(model.run_id == run_id).values(state="running"))


def states(model, *columns) -> list:
    with create_session() as session:
        return [list(row) for row in session.execute(select(*columns).order_by(model.run_id))]


played = {"a_stopped": play("a_stopped", "staging", (KeyboardInterrupt(),))}
kill("a_stopped")
played |= {
    "b_good": play("b_good"),
    "c_gate": play("c_gate", "gate_core", (GateFailed("2 rows"),)),
    "d_busy": play("d_busy", "core", (WarehouseBusy("locked"),)),
}
found = {
    "played": played,
    "runs": dict(states(DagRun, DagRun.run_id, DagRun.state)),
    "tasks": states(
        TaskInstance,
        TaskInstance.run_id,
        TaskInstance.task_id,
        TaskInstance.state,
        TaskInstance.try_number,
    ),
}
sys.stdout.write("FOUND " + json.dumps(found) + "\n")
