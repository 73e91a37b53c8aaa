"""What a design can see beforehand, and the check that the arms are those drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.power import TTestIndPower

from benchmarks.planted_trials import planted_stage, play
from crm_tasks.evaluation.effects import estimate_effects
from crm_tasks.evaluation.power import Spread, minimal_effects, sample_ratio_p, spread


def test_two_equal_groups_need_what_statsmodels_says():
    treated = np.tile([0.0, 1.0], 200)
    columns = np.column_stack([np.ones(400), treated])
    contrast = {"direct": np.array([0.0, 1.0])}
    found = minimal_effects(columns, contrast, np.arange(400), Spread(2.0, 0.0))["direct"]
    known = 2.0 * TTestIndPower().solve_power(nobs1=200, alpha=0.05, power=0.8)
    assert found == pytest.approx(known, rel=0.003)


def test_whole_clusters_need_the_design_effect():
    """Treated and untreated clusters of m: the variance grows by 1 + (m - 1) icc."""
    cluster = np.repeat(np.arange(100), 10)
    columns = np.column_stack([np.ones(1000), cluster % 2])
    contrast = {"total": np.array([0.0, 1.0])}
    alone, together = (
        minimal_effects(columns, contrast, cluster, Spread(1.0, icc))["total"] for icc in (0.0, 0.2)
    )
    assert together / alone == pytest.approx(np.sqrt(1 + 9 * 0.2))


def test_an_effect_of_the_size_named_is_found_four_times_out_of_five():
    """Played on the planted graph with effects shrunk to the least that should be found."""
    stage = planted_stage()
    trial, value, _ = play(stage, 0, effect=0.0)
    columns, contrasts = trial.regressors()
    least = minimal_effects(columns, contrasts, trial.cluster, spread(value, trial.cluster))
    shrunk = least["total"] / stage.truth["total"]
    n, found = 60, 0
    for seed in range(n):
        trial, value, _ = play(stage, seed, effect=shrunk)
        total = {e.estimand: e.estimate for e in estimate_effects(trial, value)[:3]}["total"]
        found += total.low > 0
    assert binomtest(found, n, 0.8).pvalue > 0.001


def test_the_spread_between_clusters_is_found():
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(400), 20)
    outcome = rng.normal(size=400)[cluster] + rng.normal(0, 2, 8_000)
    found = spread(outcome, cluster)
    assert found.icc == pytest.approx(0.2, abs=0.03)
    assert spread(rng.normal(size=8_000), cluster).icc < 0.01


def test_arms_as_drawn_pass_and_arms_that_lost_somebody_do_not():
    cluster, share = np.arange(1_000), np.full(1_000, 0.5)
    treated = np.tile([True, False], 500)
    assert sample_ratio_p(share, treated, cluster) > 0.99
    kept = np.ones(1_000, dtype=bool)
    kept[1:300:2] = False  # 150 untreated got lost
    assert sample_ratio_p(share[kept], treated[kept], cluster[kept]) < 0.001


def test_a_treated_customer_of_an_untreated_community_is_impossible():
    share = np.array([0.0, 0.0, 1.0, 1.0])
    assert sample_ratio_p(share, np.array([False, True, True, True]), np.arange(4)) == 0.0


def test_without_a_known_draw_nothing_is_checked():
    assert np.isnan(sample_ratio_p(np.full(3, np.nan), np.ones(3, dtype=bool), np.arange(3)))
