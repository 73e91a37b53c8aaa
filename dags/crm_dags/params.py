"""What may be set in the UI's trigger form, and by nobody else: names and dates, never paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow.sdk import Param

from crm_tasks.errors import SettingsError, listed, nearest
from crm_tasks.profiles import bundled_profiles
from crm_tasks.settings import load_settings

if TYPE_CHECKING:
    from crm_tasks.settings import Settings

PROFILE_FILE = re.compile(r"[a-z][a-z0-9_]{0,62}\.yml")


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
