"""`crm run`: told before anything starts, followed while it runs, and never silently ended."""

from __future__ import annotations

import fcntl
import os
import stat

import pytest

from crm_tasks.cli import run as verb
from crm_tasks.cli.run import one_run_at_a_time
from crm_tasks.contracts.frames import StepReport
from crm_tasks.errors import WarehouseBusy
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, Usage


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Return a function that puts a shell script in the place of the embedded Airflow."""

    def install(script):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(verb, "bound_python", lambda module: [str(program), module])

    return install


def test_a_wrong_profile_is_told_before_anything_starts(call, tmp_path, stand_in):
    stand_in(f"touch {tmp_path}/started")
    ended = call("run", "--profile", "completejourny", "--home", tmp_path / "home")
    assert ended.code == 1
    assert "did you mean 'completejourney'" in ended.err
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "started").exists()


def test_what_was_asked_for_reaches_the_scheduler(call, tmp_path, stand_in):
    stand_in(f'echo "$@" > {tmp_path}/asked; echo "$PYTHONPATH" >> {tmp_path}/asked; exit 3')
    home = tmp_path / "home"
    call("run", "--as-of", "2018-01-02", "--dry-run", "--home", home)
    asked, path = (tmp_path / "asked").read_text().splitlines()
    assert asked.startswith(f"crm_dags.embedded --profile completejourney --home {home} ")
    assert asked.endswith("--as-of 2018-01-02 --dry-run")
    assert "--attempt-id crm_run__" in asked
    assert path.split(os.pathsep)[0].endswith("/dags")


def test_a_scheduler_that_dies_before_any_step_names_its_log(call, tmp_path, stand_in):
    stand_in("echo broken installation; exit 7")
    ended = call("run", "--home", tmp_path / "home")
    log = tmp_path / "home" / "airflow" / "logs" / "crm_run.log"
    assert ended.code == 1
    assert f"exit code 7; its log is {log}" in ended.err
    assert log.read_text() == "broken installation\n"


def test_each_step_is_told_once_as_it_ends(capfd, tmp_path):
    ledger = Ledger(tmp_path / "ops.sqlite")
    ledger.open_attempt("mine", "shop")
    landing = ledger.claim("mine", "land", None)
    told = set()
    verb._tell(ledger, "mine", told)
    before = capfd.readouterr().out
    report = StepReport(1234567, 1234560, 7, "12 [batches]")
    ledger.finish(landing, "success", report, Usage(3.21, 1, 1))
    ledger.finish(ledger.claim("other", "land", None), "success", report, Usage(1, 1, 1))
    verb._tell(ledger, "mine", told)
    verb._tell(ledger, "mine", told)
    assert before == ""
    assert capfd.readouterr().out.split() == [
        "[", f"1/{len(STEPS)}]", "land", "success", "1,234,567", "in", "1,234,560", "out", "7",
        "quarantined", "3.2", "s", "12", "[batches]",
    ]  # fmt: skip


def test_one_home_runs_one_run_at_a_time(call, tmp_path):
    with one_run_at_a_time(Home(tmp_path)):
        ended = call("run", "--home", tmp_path)
    assert ended.code == 1
    assert f"another run (process {os.getpid()}) works on {tmp_path}" in ended.err


def test_the_lock_goes_with_its_holder_not_with_the_file(tmp_path):
    home = Home(tmp_path)
    home.run_lock.write_text("4711")  # left by a killed process
    with one_run_at_a_time(home):
        assert home.run_lock.read_text() == str(os.getpid())
    with home.run_lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(WarehouseBusy) as caught, one_run_at_a_time(home):
            pass
    assert caught.value.is_retryable
