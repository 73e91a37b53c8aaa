"""The bridge from an Airflow task to a step: who asks, for which date, and what a failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException

from crm_dags.params import find_profile
from crm_tasks.errors import CrmError
from crm_tasks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.steps.attempt import Attempt


@task
def run_crm_step(step: str, **context: Any) -> dict[str, Any]:
    """Run one step and return its report; a failure that a retry cannot mend is final."""
    from crm_tasks.steps.runner import run_step

    try:
        return run_step(step, attempt_of(context))
    except CrmError as error:
        if error.is_retryable:
            raise
        raise AirflowFailException(str(error)) from error


def attempt_of(context: Mapping[str, Any]) -> Attempt:
    """Return the attempt a task belongs to: its DAG run, its parameters and its interval.

    Only a scheduled run or a backfill has a data interval: the one that Airflow makes up for a
    manual run says nothing about the data, so there the profile or the last event decides.
    """
    from crm_tasks.steps.attempt import Attempt

    settings = load_settings()
    run, params = context["dag_run"], context["params"]
    has_interval = run.run_type in ("scheduled", "backfill")
    return Attempt(
        attempt_id=run.run_id,
        profile=find_profile(params["profile"], settings),
        home=str(settings.home_path),
        as_of=params["as_of"],
        is_dry_run=params["dry_run"],
        dag_id=run.dag_id,
        logical_date=_iso(run.logical_date),
        data_interval_start=_iso(run.data_interval_start) if has_interval else None,
        data_interval_end=_iso(run.data_interval_end) if has_interval else None,
    )


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()
