"""Run one step, or all of them: what DAG tasks, the command line and the tests call."""

from __future__ import annotations

import logging
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import CrmError, RunStateError, SettingsError, StaleAttempt
from crm_tasks.profiles import load_profile
from crm_tasks.settings import Settings, load_settings
from crm_tasks.steps.registry import STEPS, Step, find_step
from crm_tasks.steps.run import Run
from crm_tasks.steps.standing import step_stands, tables_written
from crm_tasks.warehouse.audit import append_audit
from crm_tasks.warehouse.generations import settle
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Claim, Ledger
from crm_tasks.warehouse.lineage import record_reads
from crm_tasks.warehouse.meter import Meter

if TYPE_CHECKING:
    from crm_tasks.steps.attempt import Attempt

log = logging.getLogger(__name__)

LANDING = "land"


def run_step(name: str, attempt: Attempt) -> dict[str, Any]:
    """Run one step of an attempt and return its report as plain data.

    A step whose result already stands for the same run is not done again: its state is
    ``unchanged``. A failure is recorded in ``ops.task_runs`` and ``ops.runs`` before it is raised.

    Raises
    ------
    CrmError
        The step failed; the message is fit to be shown.
    """
    step = find_step(name)
    settings = load_settings(home=attempt.home, profile=attempt.profile)
    home = Home(settings.home_path)
    settle(home)
    ledger = Ledger(home.ops_file)
    ledger.open_attempt(attempt.attempt_id, attempt.profile)
    frozen = ledger.run_of_attempt(attempt.attempt_id)
    if frozen is None and name != LANDING:
        raise RunStateError(f"step {name} before land: this attempt has no run yet")
    run_id = frozen["run_id"] if frozen else None
    if run_id and name != LANDING and step_stands(home, ledger, step, run_id):
        return _unchanged(ledger, attempt, step, run_id)
    claim = ledger.claim(attempt.attempt_id, name, run_id)
    return _metered(step, attempt, settings, home, ledger, claim)


def run_all(attempt: Attempt, until: str | None = None) -> list[dict[str, Any]]:
    """Run the steps in order, all or up to and including one, without a scheduler."""
    if until is not None:
        find_step(until)
    reports = []
    for step in STEPS:
        reports.append({"step": step.name, **run_step(step.name, attempt)})
        if step.name == until:
            break
    return reports


def _metered(
    step: Step, attempt: Attempt, settings: Settings, home: Home, ledger: Ledger, claim: Claim
) -> dict[str, Any]:
    meter = Meter()
    try:
        if step.name == LANDING:
            report = step.load()(attempt, settings, home, ledger, claim)
        else:
            run = open_run(settings, home, ledger, claim)
            function = step.load()
            # Of small matrices a second thread does nothing but wait, and takes a core for it.
            with threadpool_limits(1):
                report = function(run)
            written = [table.full_name for table in tables_written(step)] + [*step.contributes]
            record_reads(ledger, claim, run.reads, written, step.function)
    except BaseException as error:
        message = str(error) if isinstance(error, CrmError) else place_of(error)
        ledger.finish(claim, "failed", StepReport(message=message), meter.usage())
        # An attempt that was overtaken does not decide how its run ended: its successor does.
        if claim.run_id is not None and not isinstance(error, StaleAttempt):
            ledger.fail_run(claim.run_id, step.name, message)
            append_audit(ledger, "run.failed", claim.run_id, {"step": step.name})
        raise
    ledger.finish(claim, "success", report, meter.usage())
    log.info("%s: %s rows in, %s written", step.name, report.rows_in, report.rows_written)
    return {**asdict(report), "state": "success"}


def place_of(error: BaseException) -> str:
    """Return the kind and place of an error nobody foresaw; its text may quote the data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "crm_tasks" in frame.filename] or frames
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}; the scheduler's log has the whole story"


def _unchanged(ledger: Ledger, attempt: Attempt, step: Step, run_id: str) -> dict[str, Any]:
    before = ledger.report_of(run_id, step.name) or {}
    report = StepReport(
        rows_in=before.get("rows_in") or 0,
        rows_written=before.get("rows_written") or 0,
        message="unchanged: the result of the same inputs stands",
    )
    claim = ledger.claim(attempt.attempt_id, step.name, run_id)
    ledger.finish(claim, "unchanged", report, Meter().usage())
    return {**asdict(report), "state": "unchanged"}


def open_run(settings: Settings, home: Home, ledger: Ledger, claim: Claim) -> Run:
    """Return the run a claim works on, with its profile as it was when the run was frozen.

    Raises
    ------
    SettingsError
        The profile was edited after the run was frozen: what follows would mix two profiles.
    """
    if claim.run_id is None:
        raise RunStateError(f"step {claim.step}: the run is not frozen yet")
    row = ledger.find_run(claim.run_id)
    profile = load_profile(settings.profile)
    if profile.digest != row["config_hash"]:
        raise SettingsError(
            f"profile {profile.profile} was edited while run {claim.run_id} was under way; "
            "start a new run"
        )
    return Run.from_row(settings, profile, home, ledger, claim, row)
