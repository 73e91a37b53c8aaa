"""Measures agree with scikit-learn's, weighted and not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from crm_tasks.ml.judgement import HitRate, Mean, RocArea, log_losses
from crm_tasks.ml.judgement.measures import CLIP


@given(st.integers(0, 2**32 - 1), st.integers(4, 60))
def test_the_weighted_area_is_that_of_scikit_learn_with_ties(seed, n):
    rng = np.random.default_rng(seed)
    labels = np.r_[0, 1, rng.integers(0, 2, n - 2)]
    scores = rng.integers(0, 5, n) / 4
    weights = np.stack([np.ones(n), rng.integers(0, 3, n) + np.r_[1, 1, np.zeros(n - 2)]])
    expected = [roc_auc_score(labels, scores, sample_weight=row) for row in weights]
    assert RocArea(labels, scores).at(weights) == pytest.approx(expected, abs=1e-12)


def test_without_one_of_both_answers_there_is_no_area():
    area = RocArea(np.array([1, 1]), np.array([0.2, 0.3])).at(np.ones((1, 2)))
    assert np.isnan(area).tolist() == [True]


def test_a_mean_of_losses_is_the_log_loss():
    labels, p = np.array([0, 1, 1]), np.array([0.2, 0.7, 0.9])
    assert Mean(log_losses(labels, p)).at(np.ones((1, 3)))[0] == pytest.approx(log_loss(labels, p))
    assert log_losses(np.array([1]), np.array([0.0]))[0] == pytest.approx(-np.log(CLIP))


def test_a_ratio_divides_sums_and_a_hit_rate_gains():
    ratio = Mean(np.array([1.0, 2.0]), np.array([2.0, 0.0]))
    assert ratio.at(np.array([[1.0, 1.0], [0.0, 1.0]])).tolist()[0] == 1.5
    assert np.isnan(ratio.at(np.array([[0.0, 1.0]]))[0])
    hits = HitRate(np.array([True, False, True, True]))
    assert (hits.at(np.ones((1, 4))).tolist(), hits.is_gain, hits.n) == ([0.75], True, 4)
