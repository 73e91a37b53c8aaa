"""Drivers: planted signs and ranks, whatever is known of whom and however well it is measured."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml import DRIVERS
from crm_tasks.ml.propensity.drivers import DRIVING, Measured, driver_rows, driver_table
from crm_tasks.ml.propensity.evidence import RESTS_ON
from crm_tasks.ml.propensity.panel import Panel
from crm_tasks.ml.propensity.params import Target
from crm_tasks.ml.propensity.wording import NAMES

N, DAY = 12_000, dt.date(2024, 9, 1)
EACH = np.arange(N)
CHURN = Target("churn", 30, 60)
#: Per standard deviation; late deliveries are measured worst, membership is known of three in ten.
PLANTED = {"late_share": 0.6, "is_loyalty_member": -0.5, "visits_per_90d": -0.3,
           "mean_gap_days": 0.2}  # fmt: skip


@pytest.fixture(scope="module")
def company():
    """Return a panel of cases with planted log odds of leaving, and what rates rest on."""
    rng = np.random.default_rng(11)
    matrix = np.full((N, len(NAMES)), np.nan)
    late, visits = rng.beta(1.0, 5.0, N), rng.gamma(2.0, 1.0, N)
    gap, member = rng.normal(0, 1, N), (rng.random(N) < 0.4).astype(float)
    unknown = rng.random(N) < 0.7
    deliveries = 1.0 + rng.poisson(0.5, (N, 2))
    time = np.full((N, 2), 3.0)
    drivers = {"late_share": late, "is_loyalty_member": member, "visits_per_90d": visits,
               "mean_gap_days": gap}  # fmt: skip
    logit = -0.5 + sum(
        weight * (drivers[name] - drivers[name].mean()) / drivers[name].std()
        for name, weight in PLANTED.items()
    )
    # Those of whom nothing is known leave oftener: that is not the doing of membership.
    logit += 0.8 * unknown
    labels = (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    column = {name: NAMES.index(name) for name in DRIVING}
    matrix[:, column["is_loyalty_member"]] = np.where(unknown, np.nan, member)
    matrix[:, column["mean_gap_days"]] = np.sign(gap) * np.expm1(np.abs(gap))
    evidence = {name: (np.zeros((N, 2)), np.zeros((N, 2))) for name in RESTS_ON}
    evidence["late_share"] = rng.binomial(deliveries.astype(int), late[:, None]), deliveries
    evidence["visits_per_90d"] = rng.poisson(visits[:, None] * time).astype(float), time
    return Panel(EACH, matrix, labels, {DAY: N}), evidence


@pytest.fixture(scope="module")
def found(company, params):
    rows = driver_rows(CHURN, *company, DAY, params)
    return {row["feature"]: row for row in rows}


def test_planted_signs_ranks_and_sizes_come_back(found):
    by_size = sorted(found, key=lambda name: -abs(found[name]["coefficient"]))
    assert by_size == list(PLANTED)
    for name, planted in PLANTED.items():
        row = found[name]
        assert row["direction"] == ("raises" if planted > 0 else "lowers")
        # What stays hidden of an ill measured driver makes all effects a little smaller.
        assert 0.75 < row["coefficient"] / planted < 1.1
        assert row["ci_low"] < row["odds_ratio"] < row["ci_high"]


def test_a_row_says_how_many_cases_know_the_feature_and_how_far_it_is_told(found):
    assert found["is_loyalty_member"]["n"] == pytest.approx(0.3 * N, rel=0.05)
    assert found["late_share"]["n"] == N
    assert found["late_share"]["reliability"] < 0.6 < found["visits_per_90d"]["reliability"]
    assert found["mean_gap_days"]["reliability"] is None
    table = driver_table(list(found.values()))
    assert check_rows(DRIVERS, table).num_rows == len(PLANTED)


def test_what_differs_by_chance_alone_or_not_at_all_is_no_driver(company, params):
    panel, evidence = company
    rng = np.random.default_rng(1)
    # Two halves that never agree: what one has too much, the other has too little.
    first = rng.integers(0, 2, N).astype(float)
    evidence = evidence | {
        "low_score_share": (np.column_stack([first, 1 - first]), np.ones((N, 2)))
    }
    assert "low_score_share" not in Measured.of(panel.matrix, evidence, EACH).names
    matrix = panel.matrix.copy()
    matrix[:, NAMES.index("mean_gap_days")] = 4.0
    rows = driver_rows(CHURN, replace(panel, matrix=matrix), evidence, DAY, params)
    assert {row["feature"] for row in rows} == set(PLANTED) - {"mean_gap_days"}
