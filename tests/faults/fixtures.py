"""One company and one undisturbed run of it, with a copy of the home after some steps.

All tests of all test processes share it (see tests/conftest.py). Beside it, at the same time, runs
its twin: the same company in a home of its own, with rows in another order and rows of the future
among them, one thread and another hash seed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from crm_tasks.settings import load_settings
from crm_tasks.steps.runner import open_run
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from tests.faults.company import plant_future_rows, shuffle_rows
from tests.faults.kit import CHILDREN, Company, start_child, wait_for
from tests.flow.small_company import PROFILE, write_small_company
from tests.shared import folder_of_all

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from crm_tasks.steps.run import Run

TIMEOUT_S = 400


@dataclass(frozen=True)
class SharedRun:
    """A run that all test processes wait for: its company, and the folder where it tells."""

    company: Company
    folder: Path

    def start(self, command: list[str], **environment: str) -> subprocess.Popen[str]:
        """Start it; what it prints and its exit code go to files."""
        told = [str(CHILDREN / "told.py"), str(self.folder / "code"), sys.executable, *command]
        home = str(self.company.home.root)
        with (self.folder / "printed").open("w") as printed:
            return start_child(told, stdout=printed, CRM_HOME=home, **environment)

    def wait(self) -> None:
        """Wait for its end; it must be a good one."""
        code = self.folder / "code"
        wait_for(code.exists, patience_s=TIMEOUT_S)
        assert code.read_text() == "0", (self.folder / "printed").read_text()


@pytest.fixture(scope="session")
def _running(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[tuple[SharedRun, SharedRun]]:
    """Start the two runs side by side, once for all test processes; a test waits for one only."""
    folder = folder_of_all(tmp_path_factory, worker_id) / "faults"
    run, twin_run = (_shared(folder / name) for name in ("company", "twin"))
    started: list[subprocess.Popen[str]] = []
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            started = _start(run, twin_run)
    yield run, twin_run
    for process in started:
        if worker_id != "master":
            process.wait(TIMEOUT_S)  # another test process may wait for it too
        elif process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="session")
def company(_running, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company after a run that nothing disturbed, with a home of this test process alone."""
    run, _ = _running
    run.wait()
    own = Home(tmp_path_factory.mktemp("company") / "home")
    return replace(run.company, home=own)


@pytest.fixture(scope="session")
def published_home(company) -> Home:
    """The home of that run as it was after publishing: to be read, or copied and then changed."""
    return company.undisturbed("publish")


@pytest.fixture(scope="session")
def twin(_running) -> Company:
    """The company's twin after its run: to be read."""
    *_, run = _running
    run.wait()
    return run.company


@pytest.fixture
def copied(published_home: Home, tmp_path: Path) -> Home:
    """Return a copy of the published home, to be changed at will."""
    return Home(Path(shutil.copytree(published_home.root, tmp_path / "home", symlinks=True)))


@pytest.fixture
def opened(copied: Home, company) -> Callable[[str], Run]:
    """Return a function that takes a step of the published run up once more."""

    def open_step(step: str) -> Run:
        settings = load_settings(home=copied.root, profile=str(company.profile))
        ledger = Ledger(copied.ops_file)
        run_id = ledger.find_run_like("last")["run_id"]
        ledger.open_attempt("again", "small_company")
        return open_run(settings, copied, ledger, ledger.claim("again", step, run_id))

    return open_step


def _shared(folder: Path) -> SharedRun:
    profile = folder / "company" / PROFILE.name
    return SharedRun(Company(profile, Home(folder / "home"), folder / "snapshots"), folder)


def _start(run: SharedRun, twin_run: SharedRun) -> list[subprocess.Popen[str]]:
    """Write both companies and start their runs."""
    for one in (run, twin_run):
        written = write_small_company(one.company.profile.parent)
        assert written == one.company.profile
    plant_future_rows(twin_run.company.profile.parent / "data")
    shuffle_rows(twin_run.company.profile.parent / "data", seed=11)
    own = run.company
    stages = [str(CHILDREN / "stages.py"), *map(str, (own.profile, own.home.root, own.snapshots))]
    twin = ["-m", "crm_tasks", "run", "--profile", str(twin_run.company.profile)]
    return [
        run.start(stages, PYTHONHASHSEED="1", CRM_THREADS="2"),
        twin_run.start(twin, PYTHONHASHSEED="2", CRM_THREADS="1"),
    ]
