"""The one kind of task a run has: it runs a step and tells Airflow what a failure means."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException


@task
def run_crm_step(step: str, **context: Any) -> dict[str, Any]:
    """Run one step and return its report; a failure that a retry cannot mend is final."""
    from crm_dags.attempts import attempt_of
    from crm_tasks.errors import CrmError
    from crm_tasks.steps.lanes import run_in_lane

    try:
        return run_in_lane(step, attempt_of(context))
    except CrmError as error:
        if error.is_retryable:
            raise
        raise AirflowFailException(str(error)) from error
    except KeyboardInterrupt:
        # Airflow would take it for one more failure and try again.
        raise AirflowFailException("interrupted") from None
