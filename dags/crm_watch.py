"""Raises an alert when no run has published or confirmed the data for too long.

The limit is `CRM_STALE_AFTER_HOURS`; where alerts go: `CRM_ALERT_WEBHOOK_URL`,
`CRM_ALERT_EMAIL_TO`. It looks at the runs' own records, so it also notices a daily DAG that is
paused or stuck.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from crm_dags.defaults import HOURLY, START, TASK_DEFAULTS


@dag(
    schedule=HOURLY,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args={**TASK_DEFAULTS, "pool": "default_pool"},  # it never opens the warehouse
    doc_md=__doc__,
    tags=["crm"],
)
def crm_watch() -> None:
    """Look once an hour."""

    @task
    def look_for_stale_data() -> str | None:
        from crm_dags.alerts import alert_when_stale
        from crm_tasks.settings import load_settings
        from crm_tasks.warehouse.clock import utc_now

        alert = alert_when_stale(load_settings(), utc_now())
        return None if alert is None else alert.text

    look_for_stale_data()


crm_watch()
