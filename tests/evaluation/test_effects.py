"""Effects where the truth is planted: found without bias, covered, and the usual way misses.

`benchmarks/effects.py` plays 200 campaigns; here a few, with bounds that their number allows.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks.effects import judge, main
from benchmarks.planted_trials import planted_stage, play, seen_ties
from crm_tasks.evaluation.cuped import adjust
from crm_tasks.evaluation.effects import (
    CUT_AT_MOST,
    Effect,
    Trial,
    estimate_effects,
    headlines,
    sample_ratio,
)
from crm_tasks.evaluation.least_squares import Estimate

N = 40


@pytest.fixture(scope="module")
def figures():
    return {(f.design, f.estimator, f.estimand): f for f in judge(N)}


@pytest.mark.parametrize("estimand", ["direct", "spillover", "total"])
@pytest.mark.parametrize("suffix", ["", " + CUPED"])
def test_the_exposure_regression_finds_each_effect_and_covers_it(figures, suffix, estimand):
    for design in ("cluster", "unit"):
        figure = figures[design, f"exposure_regression{suffix}", estimand]
        assert abs(figure.mean - figure.truth) < 4 * figure.sd / np.sqrt(N)
        assert abs(figure.bias) < 0.15
        assert binomtest(figure.n_covered, N, 0.95).pvalue > 0.001


def test_the_plain_difference_of_units_misses_half_of_a_total_effect(figures):
    usual = figures["unit", "unit_difference", "total"]
    assert usual.bias < -0.4
    assert usual.cover < 0.1
    assert figures["cluster", "unit_difference", "total"].bias < -0.12


def test_the_contrast_of_communities_needs_no_ties_and_is_low_by_what_is_cut(figures):
    figure = figures["cluster", "design_contrast", "total"]
    cut = planted_stage().ties.cut_share(planted_stage().cluster)
    assert 0.01 < cut < 0.1
    assert -0.15 < figure.bias < 0.08
    assert figure.cover > 0.85


def test_where_ties_are_unseen_the_contrast_speaks_for_both_parts():
    found = {(f.estimator, f.estimand): f for f in judge(N, ("cluster",), seen_ties())}
    for estimand in ("direct", "spillover"):
        shown = found["headline", estimand]
        assert shown.mean == found["design_contrast", estimand].mean
        assert abs(shown.mean - shown.truth) < 4 * shown.sd / np.sqrt(N)
        assert shown.cover > 0.85
    # What came along ties that nobody sees is taken for the customer's own reaction.
    assert found["exposure_regression", "direct"].bias > 0.15
    assert found["exposure_regression", "spillover"].bias < -0.15


def test_draw_and_ties_choose_who_speaks_never_the_outcome():
    estimators = ("exposure_regression", "design_contrast", "unit_difference")
    effects = [
        Effect(estimand, estimator, Estimate(1.0, 1.0, -1.0, 3.0, 0.3), 100, 10)
        for estimand in ("direct", "spillover", "total") for estimator in estimators
    ]  # fmt: skip
    little, much = (dict(headlines(effects, CUT_AT_MOST + more)) for more in (0, 0.01))
    assert set(little.values()) == {"design_contrast"}
    assert much == {
        "direct": "design_contrast", "spillover": "design_contrast",
        "total": "exposure_regression",
    }  # fmt: skip
    by_units = [one for one in effects if one.estimator != "design_contrast"]
    assert set(dict(headlines(by_units, 0.0)).values()) == {"exposure_regression"}
    only = [one for one in effects if one.estimator == "unit_difference"]
    assert headlines(only, 0.0) == set()


def test_direct_and_spillover_add_up_to_total():
    trial, value, _ = play(planted_stage(), 3)
    found = {e.estimand: e for e in estimate_effects(trial, value) if e.mde is not None}
    assert set(found) == {"direct", "spillover", "total"}
    parts = found["direct"].estimate.value + found["spillover"].estimate.value
    assert found["total"].estimate.value == pytest.approx(parts)


def test_what_was_known_before_narrows_the_interval_and_leaves_the_mean():
    trial, value, before = play(planted_stage(), 5)
    adjusted, ratio = adjust(value, before)
    assert adjusted.mean() == pytest.approx(value.mean())
    assert 0.5 < ratio < 0.85  # sd 2 of before, 3 of noise
    wide, narrow = (estimate_effects(trial, y)[0].estimate.se for y in (value, adjusted))
    assert narrow < wide


def test_outcomes_that_do_not_vary_before_stay_as_they_are():
    value = np.array([1.0, 2.0])
    assert adjust(value, np.ones(2)) == (pytest.approx(value), 1.0)


def test_the_arms_drawn_pass_their_own_check():
    ps = [sample_ratio(play(planted_stage(), seed)[0]) for seed in range(20)]
    assert min(ps) > 0.001


def alone(n, treated):
    return Trial(treated, np.zeros(n), np.zeros(n), np.arange(n), np.full(n, np.nan), False)


def test_strangers_have_a_direct_effect_only_equal_to_the_difference_of_means():
    treated = np.tile([True, False], 50)
    outcome = np.random.default_rng(1).normal(size=100) + treated
    (effect,) = estimate_effects(alone(100, treated), outcome)
    a, b = outcome[treated], outcome[~treated]
    assert (effect.estimand, effect.n_clusters) == ("direct", 100)
    assert effect.estimate.value == pytest.approx(a.mean() - b.mean())
    assert effect.estimate.se == pytest.approx(np.sqrt(a.var(ddof=1) / 50 + b.var(ddof=1) / 50))


@pytest.mark.parametrize(("n", "treated"), [(7, [0, 1] * 4), (20, [0] * 19 + [1]), (20, [0] * 20)])
def test_too_few_to_tell_tell_nothing(n, treated):
    outcome = np.arange(n, dtype=float)
    assert estimate_effects(alone(n, np.array(treated[:n], dtype=bool)), outcome) == []


def test_an_outcome_that_never_varies_tells_nothing():
    assert estimate_effects(alone(40, np.tile([True, False], 20)), np.ones(40)) == []


def test_the_benchmark_prints_the_figures_and_judges_them(capsys):
    assert main(2) in {0, 1}
    assert "unit_difference" in capsys.readouterr().out
