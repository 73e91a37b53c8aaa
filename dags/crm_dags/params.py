"""What may be set in the UI's trigger form, and by nobody else: names and dates, never paths."""

from __future__ import annotations

from airflow.sdk import Param

from crm_dags.attempts import offered_profiles
from crm_tasks.settings import load_settings


def run_params() -> dict[str, Param]:
    """Return the parameters of a run with their JSON schemas."""
    settings = load_settings()
    return {
        "profile": Param(
            settings.profile,
            type="string",
            enum=sorted(offered_profiles(settings)),
            title="Profile",
            description="Whose data to run on. Further ones: files in profiles/ of CRM_HOME.",
        ),
        "as_of": Param(
            None,
            type=["null", "string"],
            format="date",
            title="As of",
            description="Compute as on this day, knowing nothing later. "
            "Empty: the profile's own date, else the end of the scheduled interval, "
            "else the day after the last event.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Plan actions and mark every one of them as not to be sent.",
        ),
    }
