"""From a DAG run to an attempt: who asks, whose data, for which date. No Airflow needed here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import SettingsError, listed, nearest
from crm_tasks.profiles import bundled_profiles
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.settings import Settings

PROFILE_FILE = re.compile(r"[a-z][a-z0-9_]{0,62}\.yml")
RUNS_WITH_INTERVAL = ("scheduled", "backfill")


def attempt_of(context: Mapping[str, Any]) -> Attempt:
    """Return the attempt a task belongs to: its DAG run, its parameters and its interval.

    Only a scheduled run or a backfill has a data interval: the one that Airflow makes up for a
    manual run says nothing about the data, so there the profile or the last event decides.
    """
    settings = load_settings()
    run, params = context["dag_run"], context["params"]
    has_interval = run.run_type in RUNS_WITH_INTERVAL
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


def offered_profiles(settings: Settings) -> dict[str, str]:
    """Return what each offered profile name stands for: a bundled name or a file.

    Offered are the bundled profiles, the one set in ``CRM_PROFILE`` and the regular files
    ``CRM_HOME/profiles/<name>.yml``; who can write there may run code anyway.
    """
    folder = settings.home_path / "profiles"
    own = {
        path.stem: str(path)
        for path in folder.glob("*.yml")
        if PROFILE_FILE.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    }
    bundled = {name: name for name in bundled_profiles()}
    return {**own, **bundled, settings.profile: settings.profile}


def find_profile(name: str, settings: Settings) -> str:
    """Return the bundled name or file an offered profile name stands for.

    Raises
    ------
    SettingsError
        The name is not offered; it is never read as a path.
    """
    offered = offered_profiles(settings)
    if name not in offered:
        raise SettingsError(
            f"profile {name!r} is not offered{nearest(name, offered)}; known: {listed(offered)}"
        )
    return offered[name]


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()
