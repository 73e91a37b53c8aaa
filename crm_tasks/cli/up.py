"""`crm up`: Airflow with its UI, on this machine only."""

from __future__ import annotations

import os
import sys

from crm_tasks.cli.console import HomeOption
from crm_tasks.settings import PROJECT, load_settings

# The environment of every command that starts Airflow: DAG files see their own package and ours.
DAGS_FIRST = os.pathsep.join([str(PROJECT / "dags"), str(PROJECT)])


def up(home: HomeOption = None) -> None:
    """Start Airflow's UI, scheduler and API on loopback; Ctrl-C stops all of it.

    It prints the address, the user and where the password is. AIRFLOW__API__PORT chooses another
    port. The DAG `crm_daily` can be triggered from its form.
    """
    settings = load_settings(home=home)
    environment = airflow_environment()
    environment["CRM_HOME"] = str(settings.home_path)
    command = [sys.executable, "-m", "crm_dags.up"]
    # Becoming that process, not starting it: a signal to `crm up` then ends all of Airflow.
    os.execve(sys.executable, command, environment)  # noqa: S606


def airflow_environment() -> dict[str, str]:
    """Return the caller's environment with the search path of the DAG files."""
    return {**os.environ, "PYTHONPATH": DAGS_FIRST}  # noqa: TID251 (the child inherits ours)
