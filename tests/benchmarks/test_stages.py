"""Stages put the steps of a run beside the parts of the newcomer's script."""

from __future__ import annotations

from benchmarks.stages import STAGES, Cost, by_stage
from crm_tasks.steps.registry import STEPS


def test_costs_add_up_and_memory_is_the_largest():
    steps = {"staging": Cost(1.0, 2.0, 300.0), "core": Cost(2.0, 3.0, 200.0)}
    row = next(row for row in by_stage(steps, {}) if row["guanxi"])
    assert row["guanxi"] == {"duration_s": 3.0, "cpu_s": 5.0, "peak_mb": 300.0}
    assert row["newcomer"] is None


def test_no_step_and_no_part_is_left_out():
    steps = {step.name: Cost(1.0, 1.0) for step in STEPS}
    parts = {part: Cost(1.0, 1.0) for stage in STAGES for part in stage.parts}
    rows = by_stage(steps, parts)
    assert sum(row["guanxi"]["duration_s"] for row in rows) == len(steps)
    assert sum(row["newcomer"]["duration_s"] for row in rows if row["newcomer"]) == len(parts)


def test_every_stage_names_steps_that_exist():
    known = {step.name for step in STEPS}
    assert {step for stage in STAGES for step in stage.steps} <= known
