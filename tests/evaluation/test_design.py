"""The draw: seeded, stratified, with the shares and propensities it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.errors import ContractError
from crm_tasks.evaluation.design import Design, draw_arms

CLUSTER = np.repeat(np.arange(30), np.tile([6, 10, 21], 10))
BASELINE = np.random.default_rng(4).normal(size=len(CLUSTER))


@given(st.integers(0, 10_000), st.sampled_from(["cluster", "unit"]))
def test_the_same_seed_draws_the_same_arms_and_treats_the_share_it_says(seed, kind):
    drawn, again = (draw_arms(CLUSTER, BASELINE, Design(kind, seed=seed)) for _ in range(2))
    assert np.array_equal(drawn.is_treated, again.is_treated)
    assert np.array_equal(drawn.saturation, again.saturation)
    # Systematic sampling leaves each group at most one customer off its share.
    group = CLUSTER if kind == "cluster" else np.zeros_like(CLUSTER)
    treated = np.bincount(group, drawn.is_treated)
    asked = np.bincount(group, drawn.saturation)
    assert np.max(np.abs(treated - asked)) < 1


@given(st.integers(0, 10_000))
def test_a_cluster_has_one_saturation_and_each_saturation_a_third_of_the_clusters(seed):
    drawn = draw_arms(CLUSTER, BASELINE, Design("cluster", seed=seed))
    by_cluster = [np.unique(drawn.saturation[one == CLUSTER]).tolist() for one in range(30)]
    assert {len(one) for one in by_cluster} == {1}
    assert sorted(one[0] for one in by_cluster) == [0.0] * 10 + [0.5] * 10 + [1.0] * 10


def test_over_many_seeds_everybody_is_treated_as_often_as_the_propensity_says():
    design = Design("cluster")
    times = np.zeros(len(CLUSTER))
    for seed in range(2_000):
        times += draw_arms(CLUSTER, BASELINE, Design("cluster", seed=seed)).is_treated
    assert design.propensity == 0.5
    assert np.max(np.abs(times / 2_000 - 0.5)) < 4.5 * 0.5 / np.sqrt(2_000)


def test_like_customers_are_drawn_against_each_other():
    """The arms' baselines differ far less than under a plain coin (s.e. 0.11 here)."""
    gaps = []
    for seed in range(200):
        treated = draw_arms(CLUSTER, BASELINE, Design("unit", seed=seed)).is_treated
        gaps.append(BASELINE[treated].mean() - BASELINE[~treated].mean())
    coin = 2 * BASELINE.std() / np.sqrt(len(BASELINE))
    assert np.std(gaps) < coin / 5


def test_no_design_draws_nobody_out():
    drawn = draw_arms(CLUSTER, BASELINE, Design("none"))
    assert drawn.is_treated.all()
    assert (drawn.propensity == 1).all()


@pytest.mark.parametrize("wrong", [{"treated_share": 1.5}, {"saturations": (0.5,)}])
def test_a_design_that_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ContractError, match="design"):
        Design("cluster", **wrong)
