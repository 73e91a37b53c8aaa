"""What every task of every DAG is given: schedule, retries, timeouts, the pool, the alarm."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronDataIntervalTimetable

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Named explicitly: plain "0 3 * * *" has intervals of zero length in Airflow 3.
DAILY = CronDataIntervalTimetable("0 3 * * *", timezone="UTC")
HOURLY = CronDataIntervalTimetable("30 * * * *", timezone="UTC")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

#: A dbt step writes the working file and takes the whole pool; a reading step takes one slot.
POOL = "warehouse"
POOL_SLOTS = 4
POOL_MEANING = "Access to the working DuckDB file: dbt takes all slots, a reader one"


def report_failure(context: Mapping[str, Any]) -> None:
    """Raise the alert of a task that failed for good."""
    from crm_dags.alerts import send_failure

    send_failure(context)


TASK_DEFAULTS: dict[str, Any] = {
    "owner": "crm",
    # Without retries a task whose worker was killed stays lost; the ledger makes a retry harmless.
    "retries": 3,
    "retry_delay": dt.timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,  # a factor; True would count as 1.0: no growth at all
    "max_retry_delay": dt.timedelta(minutes=10),
    "execution_timeout": dt.timedelta(hours=2),
    "pool": POOL,
    "on_failure_callback": report_failure,
}
