"""`crm runs`: what ran, newest first, and of one run its steps and failed expectations."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from crm_tasks.cli.runs import RUN_COLUMNS
from crm_tasks.contracts import ops
from crm_tasks.contracts.frames import StepReport
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, RunIdentity, Usage

RUNS = ("aa11", "ab22", "ff33")


def check(run_id, name, is_success=False):
    """Return a result of an expectation about orders."""
    return {
        "run_id": run_id,
        "suite": "core",
        "expectation": name,
        "table_name": "core.fct_orders",
        "column_name": "net_amount",
        "is_success": is_success,
        "severity": "critical",
        "n_rows": 600,
        "n_unexpected": 0 if is_success else 3,
        "treatment": "the run stops",
    }


@pytest.fixture
def home(tmp_path):
    """Return a home with three runs, the last of which failed in core."""
    home = Home(tmp_path)
    ledger = Ledger(home.ops_file)
    for day, run_id in enumerate(RUNS, 1):
        date = dt.date(2024, 7, day)
        ledger.open_attempt(run_id, "shop")
        run = RunIdentity(run_id, "shop", date, None, "code", None, "config", "input", False)
        ledger.freeze(ledger.claim(run_id, "land", None), run, [], {})
    claim = ledger.claim("ff33", "core", "ff33")
    ledger.record(
        claim, ops.DQ_RESULTS, [check("ff33", "net_is_sane"), check("ff33", "fine", True)]
    )
    message = "[gate] 3 of 600 rows"
    ledger.finish(
        claim,
        "failed",
        StepReport(rows_in=600, message=message, rows_touched=7),
        Usage(1.5, 1.0, 99.0),
    )
    ledger.fail_run("ff33", "core", message)
    return home


def test_all_runs_are_listed_newest_first(call, home):
    ended = call("runs", "--home", home.root)
    header, *rows = [line.split() for line in ended.out.splitlines()]
    assert header == list(RUN_COLUMNS)
    assert [row[0] for row in rows] == ["ff33", "ab22", "aa11"]
    assert rows[0][2:5] == ["2024-07-03", "failed", "core"]


def test_a_home_without_runs_says_how_to_start(call, tmp_path):
    ended = call("runs", "--home", tmp_path)
    assert (ended.code, ended.out) == (0, "no runs yet; start with `crm run`\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ff33", "f", "last"])
def test_a_run_is_shown_with_what_stopped_it(call, home, name):
    said = call("runs", "show", name, "--home", home.root).out
    assert re.search(r"^failed_step +core$", said, re.MULTILINE)
    assert re.search(r"^message +\[gate\] 3 of 600 rows$", said, re.MULTILINE)
    assert re.search(
        r"^core +failed +600 +0 +0 +7 +1\.5 +1\.0 +99\.0 +\[gate\]", said, re.MULTILINE
    )
    assert "net_is_sane" in said.split("failed expectations")[1]
    assert "fine" not in said.split("failed expectations")[1]


def test_a_run_without_failed_expectations_shows_no_such_table(call, home):
    said = call("runs", "show", "aa11", "--home", home.root).out
    assert "failed expectations" not in said
    assert "failed_step" not in said


@pytest.mark.parametrize(("name", "told"), [("a", "2 runs begin with 'a'"), ("zz", "no run 'zz'")])
def test_a_name_that_fits_no_run_or_several_is_told(call, home, name, told):
    ended = call("runs", "show", name, "--home", home.root)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err


def test_last_in_an_empty_home_is_told(call, tmp_path):
    ended = call("runs", "show", "last", "--home", tmp_path)
    assert ended.code == 1
    assert "no run" in ended.err


def test_a_real_run_is_shown_with_each_step_and_what_it_cost(crm, published_home):
    ended = crm("runs", "show", "last", "--home", published_home.root)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    steps = [line.split()[:2] for line in lines if re.match(r"\w+ +success ", line)]
    assert steps == [[step.name, "success"] for step in STEPS]
    assert "failed expectations" in ended.stdout
