"""The daily DAG in one process, without scheduler or UI: what ``crm run`` starts.

    PYTHONPATH=dags python -m crm_dags.embedded --profile NAME --home DIR --attempt-id ID

Airflow's log goes to standard output; who calls this shows progress from the ops store instead.
The exit code says whether the DAG run succeeded.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from crm_dags.environment import local_airflow
from crm_tasks.settings import load_settings
from crm_tasks.steps.lanes import two_lanes
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.bound import end_with
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.dbt import read_ahead
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.warm_dbt import WARM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow.sdk import DAG

DAG_ID = "crm_daily"
#: Somebody is waiting in front of the screen: a lock or a dropped connection is retried soon.
RETRY_DELAY = dt.timedelta(seconds=5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the DAG once and return 0 if it succeeded, else 1."""
    asked = _parse(arguments)
    home = Home(Path(asked.home).resolve())
    os.environ.update(local_airflow(home, asked.profile))  # noqa: TID251 (before Airflow reads it)
    signal.signal(signal.SIGTERM, _interrupt)
    _load_dbt_meanwhile(home, asked.profile)
    conf = {"profile": asked.profile, "as_of": asked.as_of, "dry_run": asked.dry_run}
    try:
        with _another_process() as beside:
            return 0 if run_daily(conf, asked.attempt_id, beside) else 1
    except KeyboardInterrupt:  # between two steps
        return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crm_dags.embedded", description=__doc__)
    parser.add_argument("--profile", required=True, help="bundled profile or YAML file")
    parser.add_argument("--home", required=True, help="CRM_HOME")
    parser.add_argument("--as-of", help="YYYY-MM-DD")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--attempt-id", help="becomes the id of the DAG run")
    return parser.parse_args(arguments)


def _load_dbt_meanwhile(home: Home, profile: str) -> None:
    """Start dbt and have it read its project while Airflow starts: each takes seconds."""
    WARM.start()  # by this thread, which lasts: the kernel ends it with the one that started it
    settings = load_settings(home=home.root, profile=profile)
    threading.Thread(target=read_ahead, args=(home, settings), daemon=True).start()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt  # as Ctrl-C: the step ends its dbt process and records its failure


@contextmanager
def _another_process() -> Iterator[Executor]:
    """Lend an executor with one process, that starts when needed and never outlives this one."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, context, initializer=end_with, initargs=(os.getpid(),))
    try:
        yield executor
    finally:
        # Whoever interrupts a run does not wait for the step that runs beside.
        for child in multiprocessing.active_children():
            child.terminate()
        executor.shutdown(cancel_futures=True)


def run_daily(conf: dict[str, Any], attempt_id: str | None, beside: Executor) -> bool:
    """Run ``crm_daily`` with these parameters and return whether it succeeded.

    Steps that may run beside others do so in ``beside``.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState

    from crm_dags.defaults import report_failure
    from crm_dags.metadata import prepare_metadata

    prepare_metadata()
    now = utc_now()
    run_id = attempt_id or f"embedded__{now.isoformat()}"
    daily = _load_dag()
    for operator in daily.tasks:
        operator.retry_delay = RETRY_DELAY
        operator.on_failure_callback = [report_failure, give_up]
    # dag.test() takes no run id, and the steps are followed by it while they run. Without a
    # logical date of its own it would clear the tasks of every earlier run.
    with patch.object(DagRun, "generate_run_id", return_value=run_id), two_lanes(beside):
        ended = daily.test(logical_date=now.replace(tzinfo=dt.UTC), run_conf=conf)
    return bool(ended.state == DagRunState.SUCCESS)


def give_up(context: Mapping[str, Any]) -> None:
    """Mark all that would follow a failed task; dag.test() would need a second for each."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import update

    waiting = TaskInstance.run_id == context["run_id"], TaskInstance.state.is_(None)
    with create_session() as session:
        session.execute(
            update(TaskInstance).where(*waiting).values(state=TaskInstanceState.UPSTREAM_FAILED)
        )


def _load_dag() -> DAG:
    from airflow.dag_processing.dagbag import DagBag

    from crm_dags.environment import DAGS

    bag = DagBag(DAGS)
    for file, problem in bag.import_errors.items():
        print(f"{file}: {problem}", file=sys.stderr)  # noqa: T201 (there is no run to record it in)
    daily = bag.dags[DAG_ID]
    # dag.test() calls one task at a time: it comes to a step that runs beside when it is needed.
    for before, step in pairwise(STEPS):
        if step.after:
            daily.get_task(step.task_id).set_upstream(daily.get_task(before.task_id))
    return daily


if __name__ == "__main__":
    sys.exit(main())
