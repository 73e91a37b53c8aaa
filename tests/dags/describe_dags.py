"""Print what Airflow finds in the DAG folder as JSON; run in a process of its own.

Importing Airflow changes logging, warnings and the environment of the whole process, which is no
place for the other tests. No metadata database is needed.
"""

from __future__ import annotations

import json
import sys

from airflow.dag_processing.dagbag import DagBag


def describe_dag(dag) -> dict:
    return {
        "has_doc": bool(dag.doc_md),
        "schedule": f"{dag.timetable.expression} {dag.timetable.timezone}",
        "timetable": type(dag.timetable).__name__,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "params": {name: param.schema for name, param in dag.params.items()},
        "tasks": [describe_task(task) for task in dag.topological_sort()],
    }


def describe_task(task) -> dict:
    return {
        "task_id": task.task_id,
        "downstream": sorted(task.downstream_task_ids),
        "outlets": [asset.name for asset in task.outlets],
        "owner": task.owner,
        "pool": f"{task.pool}: {task.pool_slots}",
        "retries": task.retries,
        "retry_delay_s": task.retry_delay.total_seconds(),
        "retry_factor": task.retry_exponential_backoff,
        "max_retry_delay_s": task.max_retry_delay.total_seconds(),
        "timeout_s": task.execution_timeout.total_seconds(),
        "on_failure": [callback.__name__ for callback in _listed(task.on_failure_callback)],
    }


def _listed(value) -> list:
    return value if isinstance(value, list) else [value]


bag = DagBag(sys.argv[1])
found = {
    "import_errors": bag.import_errors,
    "files": sorted(stat.file.lstrip("/") for stat in bag.dagbag_stats),
    "dags": {dag_id: describe_dag(dag) for dag_id, dag in sorted(bag.dags.items())},
}
sys.stdout.write("DAGS " + json.dumps(found) + "\n")
