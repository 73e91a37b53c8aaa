"""Run dbt in a process of its own: the only writer of the working DuckDB file.

Of its own, because dbt's runner keeps its connection open in-process and would lock readers out;
one that ends with the step that started it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts import ops
from crm_tasks.contracts.registry import PYTHON_TABLES
from crm_tasks.errors import ModelBuildFailed, WarehouseBusy, listed
from crm_tasks.settings import PROJECT, Settings
from crm_tasks.warehouse.bound import bound_python
from crm_tasks.warehouse.meter import Meter
from crm_tasks.warehouse.warm_dbt import WARM

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
    They go into the environment, not to ``--vars``: what dbt has parsed stays good for other dates.
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

    @property
    def lake(self) -> Path:
        """Where dbt finds what this run's Python steps handed over, at paths that name no run.

        A path that changed with each run would have dbt read all that refers to it again; and what
        it reads again loses the descriptions of its singular tests (dbt-core 1.11).
        """
        return self.home.dbt / "lake"

    def show_handed_over(self) -> None:
        """Point the paths dbt knows at the Parquet of this run."""
        for table in (*PYTHON_TABLES, ops.DQ_RESULTS):
            link = self.lake / table.schema / table.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(self.home.table_dir(table, self.run_id).absolute())

    def environment(self) -> dict[str, str]:
        """Return the environment of the child: ours plus what dbt_project/profiles.yml reads."""
        inherited = {name: value for name, value in os.environ.items() if name != "CRM_KEY"}  # noqa: TID251
        return {
            **inherited,
            "DBT_CRM_WAREHOUSE": str(self.home.warehouse_file),
            "DBT_CRM_LAKE": str(self.lake),
            "DBT_CRM_LANDING_SQL": str(self.landing_sql or ""),
            "DBT_CRM_THREADS": str(self.settings.threads),
            "DBT_CRM_MEMORY_LIMIT": self.settings.memory_limit,
            "DBT_CRM_TEMPORARY": str(self.home.temporary),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            **{f"DBT_CRM_{name.upper()}": str(value) for name, value in self.variables.items()},
        }

    def arguments(self, *verb_and_arguments: str) -> list[str]:
        """Return what dbt is told for one verb with its arguments."""
        return [
            *("--no-use-colors", "--no-version-check"),
            *("--log-path", str(self.home.dbt / "logs"), "--log-level-file", "warn"),
            *verb_and_arguments,
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(self.target)),
        ]

    def command(self, *verb_and_arguments: str) -> list[str]:
        """Return the command line of a dbt that is started for this alone."""
        return [*bound_python("dbt.cli.main"), *self.arguments(*verb_and_arguments)]


def read_ahead(home: Home, settings: Settings) -> None:
    """Have dbt read its project into a home that it has not read it for: builds then start sooner.

    Nothing depends on it: a build reads whatever is missing or has changed.
    """
    call = DbtCall(home, settings, run_id="ahead", variables={})
    if (call.target / "partial_parse.msgpack").exists():
        return
    home.dbt.mkdir(parents=True, exist_ok=True)
    parse = call.arguments("parse")
    WARM.call(parse, call.environment(), home.dbt / "parse.log", parse)


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
    call.show_handed_over()
    results_file = call.target / "run_results.json"
    results_file.unlink(missing_ok=True)
    console = call.home.dbt / "console.log"
    asked = call.arguments("build", *arguments)
    ended = WARM.call(asked, call.environment(), console, call.arguments("parse"))
    Meter.note_child(ended.peak_kib, ended.cpu_s)
    if ended.code != 0:
        _raise_for(results_file, console, ended.code)


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
