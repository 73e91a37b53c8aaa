"""A run that was published, in a home of its own, whose steps can be done once more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crm_tasks.settings import load_settings
from crm_tasks.steps.runner import open_run
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.steps.run import Run


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
