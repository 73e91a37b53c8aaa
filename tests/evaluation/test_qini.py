"""Uplift curves by hand and by planted order."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.evaluation.qini import qini_curve


def trial(n=4_000, seed=1):
    rng = np.random.default_rng(seed)
    uplift = np.linspace(0.3, -0.1, n)
    treated = rng.random(n) < 0.5
    outcome = (rng.random(n) < 0.2 + uplift * treated).astype(float)
    return uplift, treated, outcome, np.arange(n) % 80


def test_the_true_order_wins_a_random_one_does_not_and_the_wrong_way_round_loses():
    uplift, treated, outcome, cluster = trial()
    random = np.random.default_rng(5).random(len(uplift))
    best, none, worst = (
        qini_curve(score, treated, outcome, cluster, seed=1) for score in (uplift, random, -uplift)
    )
    assert best.low > 0
    assert none.low < 0 < none.high
    assert worst.high < 0


def test_a_curve_is_what_the_counts_say():
    score, treated = np.repeat([2.0, 1.0], 20), np.tile([True, False], 20)
    outcome = np.concatenate([np.tile([1.0, 0.0], 10), np.zeros(20)])
    curve = qini_curve(score, treated, outcome, np.arange(40), seed=1)
    assert curve.n.tolist() == [4] * 10
    assert curve.uplift.tolist() == [1.0] * 5 + [0.0] * 5
    # Treating everybody adds 1/2 per treated customer; the first half alone adds all of it.
    assert curve.gain == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert curve.qini[[4, 9]] == pytest.approx([0.25, 0.0])


def test_the_same_seed_gives_the_same_interval():
    one, again = (qini_curve(*trial()[:3], trial()[3], seed=2) for _ in range(2))
    assert (one.low, one.high) == (again.low, again.high)
