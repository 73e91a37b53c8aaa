"""The daily DAG in one process, without scheduler or UI: what ``crm run`` starts.

    PYTHONPATH=dags python -m crm_dags.embedded --profile NAME --home DIR --attempt-id ID

Airflow's log goes to standard output; who calls this shows progress from the ops store instead.
The exit code says whether the DAG run succeeded.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from crm_dags.environment import local_airflow
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.clock import utc_now
from crm_tasks.warehouse.dbt import read_ahead
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.warm_dbt import WARM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        return 0 if run_daily(conf, asked.attempt_id) else 1
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


def run_daily(conf: dict[str, Any], attempt_id: str | None) -> bool:
    """Run ``crm_daily`` with these parameters and return whether it succeeded."""
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
    with patch.object(DagRun, "generate_run_id", return_value=run_id):
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
    return bag.dags[DAG_ID]


if __name__ == "__main__":
    sys.exit(main())
