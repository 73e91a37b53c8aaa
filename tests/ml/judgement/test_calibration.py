"""Calibration mends a model that is too sure, and the tables say how well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from crm_tasks.ml.judgement import Calibrator, calibration_error, reliability
from crm_tasks.ml.judgement.calibration import ISOTONIC_AT_LEAST


def drawn(n, seed=3):
    """Return answers, the true log odds, and folds."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(-1, 1.2, n)
    return (rng.random(n) < expit(truth)).astype(np.int64), truth, np.arange(n) % 5


def test_log_odds_three_times_too_large_come_back_to_size():
    labels, truth, folds = drawn(800)
    made = Calibrator.fit(labels, 3 * truth + 1, folds)
    assert made.kind == "sigmoid"
    assert made.slope == pytest.approx(1 / 3, abs=0.06)
    fresh, truth, _ = drawn(5000, seed=4)
    too_sure = calibration_error(fresh, expit(3 * truth + 1))
    assert too_sure > 0.1
    assert calibration_error(fresh, made(3 * truth + 1)) < 0.03


def test_a_bent_curve_is_straightened_by_steps():
    labels, truth, folds = drawn(6 * ISOTONIC_AT_LEAST)
    bent = np.sign(truth) * truth**4
    made = Calibrator.fit(labels, bent, folds)
    assert made.kind == "isotonic"
    fresh, truth, _ = drawn(5000, seed=4)
    assert calibration_error(fresh, made(np.sign(truth) * truth**4)) < 0.03


@pytest.mark.parametrize("n", [500, 6000])
def test_it_can_be_told_and_made_again(n):
    labels, truth, folds = drawn(n)
    made = Calibrator.fit(labels, np.sign(truth) * truth**4, folds)
    again = Calibrator.from_told(made.told())
    raw = np.linspace(-9, 9, 50)
    assert again(raw).tolist() == made(raw).tolist()
    assert made.log_odds(raw) == pytest.approx(logit(made(raw)))


def test_the_error_and_the_table_are_as_computed_by_hand():
    labels = np.array([0, 0, 1, 1])
    p = np.array([0.1, 0.3, 0.6, 0.8])
    assert calibration_error(labels, p, bins=2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.3)
    low, high = reliability(labels, p, bins=2)
    assert (low["n"], low["mean_probability"], low["observed_share"]) == (2, 0.2, 0.0)
    assert (high["bin"], high["mean_probability"], high["observed_share"]) == (2, 0.7, 1.0)
    assert low["ci_low"] == 0
    assert low["ci_high"] == pytest.approx(0.657620, abs=1e-6)  # Wilson, 0 of 2
