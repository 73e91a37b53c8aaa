"""Two lanes: what may run beside starts as soon as it can, and fails where it is asked for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from crm_tasks.errors import GateFailed
from crm_tasks.steps import lanes, runner
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.lanes import run_in_lane, two_lanes
from crm_tasks.steps.registry import STEPS

ATTEMPT = Attempt("a", "completejourney", "/home")
BEFORE, BESIDE, BETWEEN, DBT = "gate_core", "segments", "gate_features", "features"


@pytest.fixture
def run(monkeypatch):
    """Let one step run beside, note who runs what and when; a failure can be planted."""
    planned = [replace(s, after=BEFORE) if s.name == BESIDE else s for s in STEPS]
    monkeypatch.setattr(lanes, "STEPS", planned)
    noted, may_end, failures = [], threading.Event(), []

    def run_step(name, attempt):
        assert attempt == ATTEMPT
        noted.append(f"{name} starts")
        if name == BESIDE:
            assert may_end.wait(20)
            if failures:
                raise failures.pop()
        noted.append(f"{name} ends")
        return {"step": name}

    monkeypatch.setattr(runner, "run_step", run_step)
    run_step.noted, run_step.may_end, run_step.failures = noted, may_end, failures
    return run_step


def test_a_step_beside_starts_with_what_it_needs_and_is_waited_for_where_it_is_asked_for(run):
    with ThreadPoolExecutor(1) as beside, two_lanes(beside):
        run_in_lane(BEFORE, ATTEMPT)
        run_in_lane(BETWEEN, ATTEMPT)
        assert f"{BETWEEN} ends" in run.noted
        assert f"{BESIDE} ends" not in run.noted
        run.may_end.set()
        assert run_in_lane(BESIDE, ATTEMPT) == {"step": BESIDE}
    assert run.noted.count(f"{BESIDE} starts") == 1


def test_dbt_waits_for_all_that_reads_the_working_file(run):
    with ThreadPoolExecutor(2) as beside, two_lanes(beside):
        run_in_lane(BEFORE, ATTEMPT)
        dbt = beside.submit(lanes._lanes[-1].run, DBT, ATTEMPT)
        assert f"{DBT} starts" not in run.noted
        run.may_end.set()
        dbt.result(20)
    assert run.noted.index(f"{BESIDE} ends") < run.noted.index(f"{DBT} starts")


def test_a_failure_is_raised_where_the_step_is_asked_for_and_asked_again_it_runs_here(run):
    run.may_end.set()
    run.failures.append(GateFailed("2 rows"))
    with ThreadPoolExecutor(1) as beside, two_lanes(beside):
        run_in_lane(BEFORE, ATTEMPT)
        run_in_lane(BETWEEN, ATTEMPT)
        with pytest.raises(GateFailed, match="2 rows"):
            run_in_lane(BESIDE, ATTEMPT)
        assert run_in_lane(BESIDE, ATTEMPT) == {"step": BESIDE}


def test_without_lanes_a_step_runs_when_it_is_asked_for(run):
    run.may_end.set()
    run_in_lane(BEFORE, ATTEMPT)
    assert run.noted == [f"{BEFORE} starts", f"{BEFORE} ends"]


def test_what_a_step_comes_after_is_an_earlier_step_that_ends_before_dbt_is_next_needed():
    """Else it would wait for ever, or read while dbt writes."""
    names = [step.name for step in STEPS]
    for step in STEPS:
        if step.after:
            assert names.index(step.after) < names.index(step.name)
            assert not step.is_dbt
