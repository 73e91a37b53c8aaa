"""What the fault tests do with a home: run it, kill it, look at what is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from crm_tasks.contracts import ops
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_all
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import VERSION_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).parents[2]
CHILDREN = Path(__file__).parent
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Company:
    """A small company's profile, the home its runs use and copies of that home after each step.

    All runs use the same path, so that nothing can differ because a path does.
    """

    profile: Path
    home: Home
    snapshots: Path

    def restore(self, step: str | None) -> None:
        """Put the home back to what it was after a step; None for before the first."""
        shutil.rmtree(self.home.root, ignore_errors=True)
        if step is not None:
            shutil.copytree(self.snapshots / step, self.home.root, symlinks=True)

    def undisturbed(self, step: str) -> Home:
        """Return the copy of the home of a run that nothing disturbed, as it was after a step."""
        return Home(self.snapshots / step)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.home.ops_file)

    def run(self, until: str | None = None, **environment: str) -> str:
        """Run to the end, or to the step that writes a table; return what was printed."""
        process = self.start(until=until, **environment)
        printed, _ = process.communicate(timeout=600)
        assert process.returncode == 0, printed
        return printed

    def land(self) -> None:
        """Run the first step alone."""
        attempt = Attempt("landing alone", str(self.profile), str(self.home.root))
        run_all(attempt, until="land")

    def run_killed_at(self, point: str) -> None:
        """Run until the process kills itself at a point; it must get there."""
        process = self.start(point=point)
        printed, _ = process.communicate(timeout=600)
        assert process.returncode == -signal.SIGKILL, f"{point} was not reached:\n{printed}"

    def run_killed_in_dbt(self, model: str) -> None:
        """Run until dbt starts to build a model, then kill the run; dbt must end with it."""
        console = self.home.dbt / "console.log"
        console.unlink(missing_ok=True)
        process = self.start()
        try:
            wait_for(lambda: console.exists() and f" model {model} " in console.read_text())
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()

    def start(
        self, until: str | None = None, point: str | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """Start a run."""
        how = [str(CHILDREN / "killed.py"), point] if point else ["-m", "crm_tasks"]
        return start_child(
            [*how, "run", *([until] if until else []), "--profile", str(self.profile)],
            CRM_HOME=str(self.home.root),
            **environment,
        )


def start_child(
    arguments: list[str], stdout: IO[str] | int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """Start a Python child that inherits no setting of ours, in a session of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={**inherited, "PYTHONPATH": str(REPOSITORY), **environment},
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Wait until a function returns something true."""
    until = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def table_hashes(home: Home) -> dict[tuple[str, str], tuple[int, str]]:
    """Return row count and content hash of each table and partition of the latest publication."""
    rows = Ledger(home.ops_file).store.rows(
        "select table_name, partition_key, row_count, content_hash from table_hashes where run_id "
        "= (select run_id from publications order by version desc limit 1)"
    )
    return {
        (row["table_name"], row["partition_key"]): (row["row_count"], row["content_hash"])
        for row in rows
    }


def counts_of_run_state(home: Home) -> dict[str, int]:
    """Return the rows of each ops table that a rerun must not add to."""
    store = Ledger(home.ops_file).store
    kept = (
        ops.RUNS, ops.BATCHES, ops.QUARANTINE, ops.DQ_RESULTS, ops.DQ_FAILED_ROWS,
        ops.LINEAGE_EDGES, ops.PIPELINE_COVERAGE, ops.SCHEMA_CHANGES, ops.TABLE_HASHES,
        ops.WATERMARKS,
    )  # fmt: skip
    return {table.name: store.arrow(table).num_rows for table in kept}


def version_of(file: Path) -> int:
    """Return the version number in a served file's name."""
    match = VERSION_FILE.fullmatch(file.name)
    assert match is not None
    return int(match.group(1))


def leftovers(home: Home) -> list[str]:
    """Return what a killed process left that nobody will read."""
    patterns = (".*.try-*", ".try-*", "*.tmp", ".*.next", "*.wal")
    found = {path for pattern in patterns for path in home.root.rglob(pattern)}
    return sorted(str(path.relative_to(home.root)) for path in found)
