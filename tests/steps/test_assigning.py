"""The draw in a run: once, before the campaign, standing ever after; controls are left alone."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.profiles.model import Experiment
from crm_tasks.steps import strategy
from crm_tasks.steps.assigning import assign_arms, drawn_now, due_experiments
from crm_tasks.steps.evaluation import campaign_frames
from tests.flow.small_company import N_CUSTOMERS


def test_the_campaign_of_next_week_is_drawn_for_everybody(opened):
    run = opened("assignments")
    report = assign_arms(run)
    rows = run.read("evaluation.assignments")
    assert rows.num_rows == N_CUSTOMERS
    assert set(rows["campaign_id"].to_pylist()) == {"autumn"}
    assert set(rows["saturation"].to_pylist()) <= {0.0, 0.5, 1.0}
    assert report.message == "campaigns drawn: autumn"
    assert run.read("evaluation.designs").num_rows >= 1


def test_it_is_drawn_once_and_never_after_it_began(opened):
    run = opened("assignments")
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    assert due_experiments(later) == []
    late = replace(run, as_of=dt.date(2024, 7, 6))
    assert due_experiments(late) == []
    assert [one.campaign for one in due_experiments(run)] == ["autumn"]


def test_a_date_that_is_over_keeps_its_draw(opened):
    run = opened("assignments")
    before = run.read("evaluation.assignments")
    again = replace(run, row={**run.row, "decisions_run_id": run.run_id})
    report = assign_arms(again)
    assert report.message == "draws stand as they were made"
    assert again.read("evaluation.assignments").equals(before)


def during(run):
    """Return the run as on a day on which the campaign runs, drawn by the run before."""
    autumn = Experiment(
        campaign="autumn", design="cluster", start_date=run.as_of, end_date=run.as_of
    )
    return replace(run, profile=run.profile.model_copy(update={"experiments": (autumn,)}))


def test_its_controls_are_not_contacted_while_it_runs(opened):
    run = opened("actions")
    assert drawn_now(run).num_rows == strategy.held_out_of(drawn_now(run)).num_rows == 0
    running = during(run)
    controls = pc.unique(strategy.held_out_of(drawn_now(running))["customer_id"])
    rows = run.read("evaluation.assignments")
    n_controls = rows.filter(pc.equal(rows["arm"], "control")).num_rows
    assert len(controls) == n_controls > 0
    strategy.plan_actions(running)
    planned = running.read("strategy.actions")
    is_control = pc.is_in(planned["customer_id"], value_set=controls)
    assert planned.filter(pc.invert(is_control)).num_rows > 0
    # Whoever waits for an answer gets it, drawn or not.
    assert set(planned.filter(is_control)["content_id"].to_pylist()) <= {"issue_reply"}
    assert set(planned.filter(pc.invert(is_control))["arm"].to_pylist()) <= {"treatment", "none"}
    told = running.read("strategy.campaigns").to_pylist()
    assert {row["design"] for row in told} == {"cluster"}
    assert {row["holdout_share"] > 0.1 for row in told} == {True}
    options = running.read("strategy.candidates", ("customer_id", "blocked_by"))
    kept = options.filter(pc.equal(options["blocked_by"], "held_out"))["customer_id"]
    assert len(kept) > 0
    assert pc.all(pc.is_in(kept, value_set=controls)).as_py()


def test_what_we_drew_before_is_judged_like_any_campaign(opened):
    run = opened("results")
    later = replace(run, predecessor_run_id=run.run_id, as_of=dt.date(2024, 9, 2))
    frames = campaign_frames(later)
    drawn = frames["assignments"].filter(pc.equal(frames["assignments"]["campaign_id"], "autumn"))
    assert drawn.num_rows == N_CUSTOMERS
    campaigns = frames["campaigns"].to_pylist()
    (autumn,) = [row for row in campaigns if row["campaign_id"] == "autumn"]
    assert autumn["is_randomized"]


def test_a_run_of_before_the_table_existed_drew_nothing(opened):
    run = opened("assignments")
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    assert [rows.num_rows for rows in later.read_history("evaluation.assignments")] == [N_CUSTOMERS]
    shutil.rmtree(run.home.table_dir(find_table("evaluation.assignments"), run.run_id))
    assert later.read_history("evaluation.assignments") == []
