"""One step of an attempt: done once, recorded however it ends, and told without any value."""

from __future__ import annotations

import json

import pytest

from crm_tasks.contracts import ops
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import GateFailed, RunStateError, StaleAttempt
from crm_tasks.steps import gates
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.registry import STEPS
from crm_tasks.steps.runner import run_all, run_step
from crm_tasks.warehouse.ledger import Ledger

CANARY = "canary-0451"
GATE = "gate_core"


@pytest.fixture
def attempt(copied, company):
    """Return the attempt that made the published run."""
    return Attempt("stages", str(company.profile), str(copied.root))


@pytest.fixture
def ledger(copied):
    return Ledger(copied.ops_file)


@pytest.fixture
def undone(ledger):
    """Make the run one that has not been published and whose gate of core was never passed."""
    with ledger.store.transaction() as connection:
        connection.execute("delete from task_runs where task_id = ?", (GATE,))
        connection.execute("update runs set state = 'running', ended_at = null")
    return ledger.find_run_like("last")["run_id"]


def fail_with(monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr(gates, GATE, fail)


def last_attempt(ledger):
    return ledger.store.rows("select * from task_runs order by task_run_no desc limit 1")[0]


def test_what_stands_is_not_done_again(attempt, ledger, monkeypatch):
    fail_with(monkeypatch, AssertionError("done again"))
    before = ledger.report_of(ledger.find_run_like("last")["run_id"], GATE)
    report = run_step(GATE, attempt)
    assert report["state"] == "unchanged"
    assert (report["rows_in"], report["rows_written"]) == (
        before["rows_in"],
        before["rows_written"],
    )
    assert last_attempt(ledger)["state"] == "unchanged"


def test_a_whole_run_that_stands_is_only_looked_at(attempt, copied):
    files = {path: path.stat().st_mtime_ns for path in copied.lake.rglob("*.parquet")}
    reports = run_all(attempt)
    assert [report["step"] for report in reports] == [step.name for step in STEPS]
    assert {report["state"] for report in reports[1:]} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in copied.lake.rglob("*.parquet")} == files


def test_an_error_of_ours_is_kept_word_for_word_and_stops_the_run(
    attempt, ledger, undone, monkeypatch
):
    fail_with(monkeypatch, GateFailed("net_amount: 3 of 600 rows"))
    with pytest.raises(GateFailed):
        run_step(GATE, attempt)
    row = last_attempt(ledger)
    assert (row["state"], row["message"]) == ("failed", "net_amount: 3 of 600 rows")
    assert row["duration_s"] is not None
    run = ledger.find_run(undone)
    assert (run["state"], run["failed_step"], run["message"]) == ("failed", GATE, row["message"])
    act = ledger.store.arrow(ops.AUDIT_LOG).to_pylist()[-1]
    assert (act["action"], act["object"]) == ("run.failed", undone)
    assert json.loads(act["detail"]) == {"step": GATE}


def test_of_an_error_nobody_foresaw_only_kind_and_place_are_kept(
    attempt, ledger, undone, monkeypatch
):
    fail_with(monkeypatch, ValueError(f"could not convert string to float: '{CANARY}'"))
    with pytest.raises(ValueError, match=CANARY):
        run_step(GATE, attempt)
    message = last_attempt(ledger)["message"]
    assert message.startswith("ValueError at runner.py:")
    assert CANARY not in message
    assert CANARY not in ledger.find_run(undone)["message"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_recorded_too(attempt, ledger, undone, monkeypatch, error):
    fail_with(monkeypatch, error())
    with pytest.raises(error):
        run_step(GATE, attempt)
    assert last_attempt(ledger)["message"].startswith(error.__name__)
    assert ledger.find_run(undone)["state"] == "failed"


def test_an_overtaken_attempt_does_not_decide_how_the_run_ended(
    attempt, ledger, undone, monkeypatch
):
    fail_with(monkeypatch, StaleAttempt("overtaken"))
    with pytest.raises(StaleAttempt):
        run_step(GATE, attempt)
    assert last_attempt(ledger)["state"] == "failed"
    assert ledger.find_run(undone)["state"] == "running"


def test_after_a_failure_the_step_is_done_again(attempt, ledger, undone, monkeypatch):
    fail_with(monkeypatch, GateFailed("stopped"))
    with pytest.raises(GateFailed):
        run_step(GATE, attempt)
    monkeypatch.setattr(gates, GATE, lambda _: StepReport(message="fine now"))
    assert run_step(GATE, attempt)["state"] == "success"
    assert ledger.report_of(undone, GATE)["message"] == "fine now"


def test_no_step_runs_before_landing(tmp_path, company):
    attempt = Attempt("new", str(company.profile), str(tmp_path))
    with pytest.raises(RunStateError, match="step core before land"):
        run_step("core", attempt)


def test_a_step_nobody_knows_names_the_nearest(attempt):
    with pytest.raises(RunStateError, match="did you mean 'gate_core'"):
        run_step("gate_cor", attempt)
    with pytest.raises(RunStateError, match="did you mean 'publish'"):
        run_all(attempt, until="publsh")
