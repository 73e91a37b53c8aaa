"""Looking every day: the usual interval is wrong sooner or later, the always-valid one is not."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.evaluation.always_valid import always_valid, tuning
from crm_tasks.evaluation.least_squares import Estimate

LOOKS = np.arange(50, 2_001, 50)


def excluded_zero_at_some_look(n_streams=400, seed=8):
    """Return the share of streams of nothing in which (the usual, the always-valid) errs."""
    noise = np.random.default_rng(seed).normal(size=(n_streams, LOOKS[-1]))
    mean = np.cumsum(noise, axis=1)[:, LOOKS - 1] / LOOKS
    se = 1 / np.sqrt(LOOKS)
    usual = np.abs(mean) > 1.96 * se
    ours = np.zeros_like(usual)
    for row, col in np.ndindex(mean.shape):
        one = always_valid(Estimate.of(mean[row, col], se[col], 1e9), LOOKS[col], 2_000)
        ours[row, col] = one.low > 0 or one.high < 0
        assert (one.p_value < 0.05) == ours[row, col]
    return usual.any(axis=1).mean(), ours.any(axis=1).mean()


def test_peeking_forty_times_errs_often_the_usual_way_and_not_ours():
    usual, ours = excluded_zero_at_some_look()
    assert usual > 0.2
    assert ours <= 0.05


def test_the_interval_is_wider_than_the_usual_and_tightest_where_it_was_planned():
    estimate = Estimate.of(1.0, 0.1, 1e9)
    here = always_valid(estimate, 400, 400)
    assert here.low < estimate.low
    assert here.high > estimate.high
    for elsewhere in (20, 40_000):
        assert always_valid(estimate, 400, elsewhere).high > here.high
    # Howard et al. 2021: at the planned time about 1.4 to 1.6 times the usual width.
    assert 1.4 < (here.high - 1.0) / (estimate.high - 1.0) < 1.8
    assert tuning(400) == pytest.approx(tuning(800) * 2)


def test_without_an_error_nothing_is_known():
    nothing = always_valid(Estimate.of(1.0, 0.0, 5), 10, 10)
    assert (nothing.low, nothing.high, nothing.p_value) == (-np.inf, np.inf, 1.0)
