from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crm_tasks.steps.registry import STEPS

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

PLAY = Path(__file__).with_name("play_embedded.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return what came of four embedded runs with planted outcomes."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, PLAY, tmp_path_factory.mktemp("home")],
        env={"PYTHONPATH": f"{root / 'dags'}:{root}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(lines[0].removeprefix("FOUND "))


def tries_of(found, run_id):
    return {task: tries for run, task, _state, tries in found["tasks"] if run == run_id}


def states_of(found, run_id):
    return {task: state for run, task, state, _tries in found["tasks"] if run == run_id}


def test_all_steps_run_in_order_under_the_attempt_asked_for(found):
    played = found["played"]["b_good"]
    assert played["ended"] is True
    # Steps with `after` run beside others: each once, at a moment that is not said.
    assert sorted(played["seen"]) == sorted([step.name, "b_good", "2017-06-01"] for step in STEPS)
    in_turn = [step.name for step in STEPS if not step.after]
    seen = [name for name, *_ in played["seen"]]
    assert [name for name in seen if name in in_turn] == in_turn
    for step in STEPS:
        assert not step.after or seen.index(step.after) < seen.index(step.name)


def test_a_failed_gate_ends_the_run_without_a_retry(found):
    assert found["played"]["c_gate"]["ended"] is False
    assert tries_of(found, "c_gate")["model.gate_core"] == 1
    states = states_of(found, "c_gate")
    assert states["model.gate_core"] == "failed"
    assert states["publish.publish"] == "upstream_failed"


def test_a_busy_warehouse_is_tried_again(found):
    assert found["played"]["d_busy"]["ended"] is True
    assert tries_of(found, "d_busy")["model.core"] == 2


def test_an_interrupted_step_is_not_tried_again(found):
    assert found["played"]["a_stopped"]["ended"] is False
    assert [step for step, *_ in found["played"]["a_stopped"]["seen"]] == ["land", "staging"]


def test_a_run_that_was_killed_is_closed_by_the_next(found):
    assert found["runs"] == {
        "a_stopped": "failed",
        "b_good": "success",
        "c_gate": "failed",
        "d_busy": "success",
    }
    assert set(states_of(found, "a_stopped").values()) == {"failed"}
