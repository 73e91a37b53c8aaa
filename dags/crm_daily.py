"""From the sources to a published warehouse, once a day.

**load** lands the sources as immutable batches. **model** types, resolves and shapes them.
**graph** ties customers together. **learn** segments them. **decide** plans who is contacted.
**evaluate** measures what earlier contacts did. **publish** hands all of it to readers at once.

A gate between the layers stops the run when a critical expectation fails; readers then keep the
version they have. Which expectation it was: `crm runs show RUN`, or the failed task's log.

Trigger it with *profile*, *as of* (a day to compute for; empty is right for daily work) and
*dry run*. A run repeated on unchanged sources finds its results standing and takes seconds.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from airflow.sdk import TaskGroup, dag

from crm_dags.assets import SERVED
from crm_dags.defaults import DAILY, POOL_SLOTS, START, TASK_DEFAULTS
from crm_dags.params import run_params
from crm_dags.tasks import run_crm_step
from crm_tasks.steps.registry import STEPS


@dag(
    schedule=DAILY,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    params=run_params(),
    doc_md=__doc__,
    tags=["crm"],
)
def crm_daily() -> None:
    """Chain the steps: the order alone is safe, also where nothing obeys the pool."""
    tasks: dict[str, Any] = {}
    last: list[Any] = []  # what the next step of the chain waits for
    for group, steps in groupby(STEPS, key=lambda step: step.group):
        with TaskGroup(group):
            for step in steps:
                task = run_crm_step.override(
                    task_id=step.name,
                    pool_slots=POOL_SLOTS if step.is_dbt else 1,
                    outlets=list(SERVED) if step.name == "publish" else [],
                )(step.name)
                tasks[step.name] = task
                if step.after:
                    tasks[step.after] >> task
                    last.append(task)
                else:
                    if last:
                        last >> task
                    last = [task]


crm_daily()
