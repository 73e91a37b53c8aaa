"""Baselines beside the plan: each decides on its own customers, within its share of every limit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from crm_tasks.profiles.model import Experiment
from crm_tasks.strategy.arms import BASELINES, take_best
from crm_tasks.strategy.optimise import Family, Problem
from crm_tasks.strategy.params import Running
from tests.strategy.builders import AS_OF, customer, touch
from tests.strategy.planned import planned, why_not

N = 120
AUTUMN = Running("autumn", "unit", BASELINES)


def company():
    """Return customers of whom the richest order least and have fewest ties."""
    return [
        customer(
            f"c{i:03}", monetary_value=Decimal(6000 // (i + 1)), degree_out=i, consent_mail=False
        )
        for i in range(N)
    ]


def answers():
    """Return old touches: the later the customer, the more of them were answered."""
    then = dt.datetime.combine(AS_OF, dt.time())
    return tuple(
        touch(f"c{i:03}", 40 + n, converted_at=then if n < i // 20 else None)
        for i in range(N) for n in range(6)
    )  # fmt: skip


def drawn():
    return tuple(
        {"campaign_id": "autumn", "customer_id": f"c{i:03}",
         "arm": "control" if i % 6 == 0 else "treatment"}
        for i in range(N)
    )  # fmt: skip


@pytest.fixture
def played(scratch):
    out = tuple({"customer_id": row["customer_id"], "objective": "loyalty"}
                for row in drawn() if row["arm"] == "control")  # fmt: skip
    return planned(
        scratch, *company(), experiments=(AUTUMN,), drawn=drawn(), held_out=out,
        contacts=answers(), actions_per_day=12, days_considered=1, budget=Decimal("0.04"),
    )  # fmt: skip


def test_every_arm_acts_by_its_own_order_within_its_share(played):
    actions, plan = played
    by_arm = {arm: [a for a in actions if a["arm"] == arm] for arm in ("treatment", *BASELINES)}
    assert sum(map(len, by_arm.values())) == len(actions) <= 12
    assert sum(a["cost"] for a in actions) <= Decimal("0.04")
    # 100 treated in four arms share twelve places of the preferred day.
    assert all(1 <= len(rows) <= 4 for rows in by_arm.values()), by_arm
    rows = plan.tables["candidates"].to_pylist()
    left = {arm: set() for arm in BASELINES}
    for name, order in (("out_degree", 1), ("propensity", 1), ("treatment", -1)):
        taken = [int(a["customer_id"][1:]) for a in by_arm[name]]
        assert np.mean(taken) * order > (N / 2) * order, (name, taken)
    for row in rows:
        if row["why_not"] == "decided_by_baseline":
            left["random"].add(row["customer_id"])
    assert len(left["random"]) > 30
    assert "held_out" in why_not(plan)["c000", "email"]


def test_probabilities_of_every_arm_sum_to_one_and_the_random_ones_are_those_of_the_draw(played):
    actions, plan = played
    sums: Counter = Counter()
    for row in plan.tables["candidates"].to_pylist():
        sums[row["customer_id"], row["scheduled_date"]] += row["decision_propensity"]
    assert np.allclose(list(sums.values()), 1, rtol=0, atol=1e-9)
    random = {a["decision_propensity"] for a in actions if a["arm"] == "random"}
    assert all(0 < one < 0.3 for one in random)
    assert {a["decision_propensity"] for a in actions if a["arm"] == "treatment"} == {1.0}


def test_campaigns_tell_how_was_drawn_and_how_many_are_kept(played, scratch):
    (told,) = played[1].tables["campaigns"].to_pylist()
    assert (told["design"], told["holdout_share"]) == ("unit", pytest.approx(20 / N, abs=1e-6))
    actions, plan = planned(scratch, *company()[:3])
    (told,) = plan.tables["campaigns"].to_pylist()
    assert (told["design"], told["holdout_share"]) == ("none", 0.0)
    assert {a["arm"] for a in actions} == {"none"}


def test_without_baselines_the_treated_belong_to_the_plan(scratch):
    alone = {"experiments": (Running("autumn", "cluster"),), "drawn": drawn()}
    actions, _ = planned(scratch, *company(), **alone)
    arms = Counter(a["arm"] for a in actions)
    assert set(arms) == {"treatment", "control"}  # nobody was held out here
    plain, _ = planned(scratch, *company())
    assert [a["customer_id"] for a in plain] == [a["customer_id"] for a in actions]


def test_a_baseline_takes_the_highest_scores_that_fit():
    unit = np.array([0, 0, 1, 2])
    places = Family("day", ("1",), np.zeros(4, np.int64), np.ones(4), np.array([2.0]), np.zeros(1))
    problem = Problem(unit, np.array([9.0, -1.0, 9.0, 9.0]), (places,))
    assert take_best(problem, np.array([0.1, 0.3, 0.2, 0.25])).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("said", "problem"),
    [({"baselines": ("random", "random")}, "named twice"),
     ({"baselines": ("random",), "design": "none"}, "a design that draws"),
     ({"baselines": ("randm",)}, "random")],
)  # fmt: skip
def test_a_declaration_that_cannot_be_is_refused(said, problem):
    usual = {"campaign": "autumn", "design": "unit", "start_date": AS_OF, "end_date": AS_OF}
    with pytest.raises(ValueError, match=problem):
        Experiment.model_validate({**usual, **said})
