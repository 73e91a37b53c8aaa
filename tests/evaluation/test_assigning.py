"""The draw of our own campaigns: recorded with its seed and what it can see."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from benchmarks.planted_trials import planted_stage
from crm_tasks.contracts.evaluation import ASSIGNMENTS, DESIGNS
from crm_tasks.contracts.table import check_rows
from crm_tasks.evaluation.assigning import Population, assign, seed_of
from crm_tasks.evaluation.design import Design

AS_OF = dt.date(2024, 7, 1)


def population():
    stage = planted_stage()
    eligible = np.flatnonzero(stage.eligible)
    ids = pa.array([f"p{number:05}" for number in range(len(stage.eligible))])
    communities = [f"g{one}" for one in stage.cluster[eligible]]
    return Population(ids, eligible, communities, stage.level[eligible], stage.ties)


def drawn(**designs):
    rows, power = assign(designs, "value", population(), AS_OF)
    return check_rows(ASSIGNMENTS, rows), check_rows(DESIGNS, power).to_pylist()


def test_a_campaign_draws_by_its_own_seed_whatever_else_is_drawn():
    alone, _ = drawn(spring=Design("cluster"))
    both, _ = drawn(autumn=Design("unit"), spring=Design("cluster"))
    kept = both.filter(pa.compute.equal(both["campaign_id"], "spring"))
    assert kept.equals(alone)
    assert set(both["seed"].to_pylist()) == {seed_of("spring"), seed_of("autumn")}


def test_the_propensity_is_that_of_the_arm_and_the_draw_is_of_this_date():
    rows, _ = drawn(spring=Design("unit", treated_share=0.3))
    share = np.mean([arm == "treatment" for arm in rows["arm"].to_pylist()])
    assert abs(share - 0.3) < 0.002
    seen = {(row["arm"], row["assignment_propensity"]) for row in rows.to_pylist()}
    assert seen == {("treatment", 0.3), ("control", 0.7)}
    assert set(rows["assigned_at"].to_pylist()) == {dt.datetime.fromisoformat("2024-07-01")}
    assert set(rows["cluster_id"].to_pylist()) == {None}


def test_what_it_can_see_is_said_first():
    _, power = drawn(spring=Design("cluster"), plain=Design("none"))
    spring = {row["estimand"]: row for row in power if row["campaign_id"] == "spring"}
    assert set(spring) == {"direct", "spillover", "total"}
    assert all(row["mde"] > 0 for row in spring.values())
    assert spring["total"]["n_clusters"] == 40
    assert 0.01 < spring["total"]["cut_share"] < 0.1
    (plain,) = [row for row in power if row["campaign_id"] == "plain"]
    assert (plain["mde"], plain["n_treated"]) == (None, plain["n_units"])
