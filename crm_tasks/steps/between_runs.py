"""What people do between runs stands on the last run: it is opened, claimed and reported."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import RunStateError
from crm_tasks.steps.runner import open_run
from crm_tasks.warehouse.generations import settle
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.settings import Settings
    from crm_tasks.steps.run import Run


@contextmanager
def opened_latest_run(settings: Settings, step: str, layer: str) -> Iterator[Run]:
    """Open the last run of the settings' profile whose tables of a layer the working file holds.

    Raises
    ------
    RunStateError
        There is none.
    """
    home = Home(settings.home_path)
    settle(home)
    ledger = Ledger(home.ops_file)
    row = ledger.find_run_like("last")
    if not ledger.layer_is_complete(layer, row["run_id"]):
        raise RunStateError(f"the working file is not of run {row['run_id']}; `crm run` first")
    claim = ledger.claim(f"{step}-{uuid4()}", step, row["run_id"])
    meter, report = Meter(), StepReport()
    try:
        run = open_run(settings, home, ledger, claim)
        yield run
    except BaseException:
        ledger.finish(claim, "failed", report, meter.usage())
        raise
    ledger.finish(claim, "success", report, meter.usage())
