"""One company and one undisturbed run of it, with a copy of the home after each step.

All tests share it (see tests/conftest.py). Beside it, at the same time, runs its twin: the same
company in a home of its own, with rows in another order and rows of the future among them, one
thread and another hash seed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crm_tasks.settings import load_settings
from crm_tasks.steps.runner import open_run
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from tests.faults.company import plant_future_rows, shuffle_rows
from tests.faults.kit import CHILDREN, Company, start_child
from tests.flow.small_company import write_small_company

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from crm_tasks.steps.run import Run

TIMEOUT_S = 300


@pytest.fixture(scope="session")
def _running(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[str], Company, subprocess.Popen[str], Company]]:
    """Start the two runs side by side, so that a test waits for one of them only once."""
    folder = tmp_path_factory.mktemp("faults")
    company = _company(folder / "company")
    twin = _company(folder / "twin")
    plant_future_rows(twin.profile.parent / "data")
    shuffle_rows(twin.profile.parent / "data", seed=11)
    run = start_child(
        [
            str(CHILDREN / "stages.py"),
            str(company.profile),
            str(company.home.root),
            str(company.snapshots),
        ],
        PYTHONHASHSEED="1",
        CRM_THREADS="2",
    )
    twin_run = twin.start(PYTHONHASHSEED="2", CRM_THREADS="1")
    yield run, company, twin_run, twin
    for process in (run, twin_run):
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def company(_running) -> Company:
    """The company after a run that nothing disturbed."""
    process, found, *_ = _running
    _wait_for(process)
    return found


@pytest.fixture(scope="session")
def published_home(company) -> Home:
    """The home of that run as it was after publishing: to be read, or copied and then changed."""
    return company.undisturbed("publish")


@pytest.fixture(scope="session")
def twin(_running) -> Company:
    """The company's twin after its run."""
    *_, process, found = _running
    _wait_for(process)
    return found


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


def _company(folder) -> Company:
    profile = write_small_company(folder / "company")
    return Company(profile, Home(folder / "home"), folder / "snapshots")


def _wait_for(process: subprocess.Popen[str]) -> None:
    if process.stdout and not process.stdout.closed:
        printed, _ = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 0, printed
