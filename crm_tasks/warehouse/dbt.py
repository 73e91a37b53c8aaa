"""Run dbt as a subprocess: the only writer of the working DuckDB file.

A subprocess, because dbt's runner keeps its connection open in-process and would lock readers out;
one that ends with the step that started it.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import ModelBuildFailed, WarehouseBusy, listed
from crm_tasks.settings import PROJECT, Settings
from crm_tasks.warehouse.bound import bound_python
from crm_tasks.warehouse.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crm_tasks.warehouse.home import Home

DBT_PROJECT = PROJECT / "dbt_project"
LOCK_MESSAGE = "Could not set lock on file"


@dataclass(frozen=True)
class DbtCall:
    """One call of dbt: where it works and what the models may know.

    ``variables`` are typed by the caller and checked again by the macros; they are data, never SQL.
    """

    home: Home
    settings: Settings
    run_id: str
    variables: Mapping[str, Any]
    landing_sql: Path | None = None

    @property
    def target(self) -> Path:
        """Where dbt leaves its manifest and results."""
        return self.home.dbt / "target"

    def environment(self) -> dict[str, str]:
        """Return the environment of the child: ours plus what dbt_project/profiles.yml reads."""
        inherited = {name: value for name, value in os.environ.items() if name != "CRM_KEY"}  # noqa: TID251
        return {
            **inherited,
            "DBT_CRM_WAREHOUSE": str(self.home.warehouse_file),
            "DBT_CRM_LAKE": str(self.home.lake),
            "DBT_CRM_RUN_ID": self.run_id,
            "DBT_CRM_LANDING_SQL": str(self.landing_sql or ""),
            "DBT_CRM_THREADS": str(self.settings.threads),
            "DBT_CRM_MEMORY_LIMIT": self.settings.memory_limit,
            "DBT_CRM_TEMPORARY": str(self.home.temporary),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def command(self, *verb_and_arguments: str) -> list[str]:
        """Return the command line of one dbt verb with its arguments."""
        return [
            *(*bound_python("dbt.cli.main"), "--no-use-colors", "--no-version-check"),
            *("--log-path", str(self.home.dbt / "logs"), "--log-level-file", "warn"),
            *verb_and_arguments,
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(self.target), "--vars", json.dumps(dict(self.variables))),
        ]


def build(
    call: DbtCall,
    select: Sequence[str],
    exclude: Sequence[str] = (),
    *,
    is_full: bool = True,
) -> None:
    """Build and test the selected models.

    Parameters
    ----------
    is_full : bool
        Build them from nothing, also those that could be brought up to date.

    Raises
    ------
    WarehouseBusy
        Another process has the working file open.
    ModelBuildFailed
        A model or a test failed; the message names it and the number of rows, never their values.
    """
    # buildable: a test that also reads a later layer waits for that layer's build. Unit tests judge
    # code, not data: the suite runs them.
    arguments = ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    arguments += ["--select", *select]
    if exclude:
        arguments += ["--exclude", *exclude]
    arguments += ["--full-refresh"] if is_full else []
    call.home.dbt.mkdir(parents=True, exist_ok=True)
    call.home.temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
    results_file = call.target / "run_results.json"
    results_file.unlink(missing_ok=True)
    console = call.home.dbt / "console.log"
    with console.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (the command is built above from our own paths)
            call.command("build", *arguments),
            env=call.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    Meter.note_child(usage.ru_maxrss)
    if process.returncode != 0:
        _raise_for(results_file, console, process.returncode)


def _raise_for(results_file: Path, console: Path, code: int) -> None:
    said = console.read_text(encoding="utf-8", errors="replace")
    if LOCK_MESSAGE in said:
        raise WarehouseBusy("another process has the working file open; trying again later")
    if not results_file.exists():
        raise ModelBuildFailed(f"dbt stopped before building (exit code {code}); see {console}")
    results = json.loads(results_file.read_text(encoding="utf-8"))["results"]
    failed = [
        _failure(result)
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    raise ModelBuildFailed(f"dbt: {listed(failed)}; the log is {console}")


def _failure(result: Mapping[str, Any]) -> str:
    kind, _, name = result["unique_id"].split(".", 2)
    rows = f" ({result['failures']} rows)" if result.get("failures") else ""
    return f"{kind} {name.split('.')[0]} {result['status']}{rows}"
