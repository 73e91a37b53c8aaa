"""What lasts of noisy shares and rates: planted spreads and effects come back, chance does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from crm_tasks.ml.propensity.credibility import lasting

N = 20_000
EACH = np.arange(N)


@pytest.fixture(scope="module")
def late():
    """Return planted shares of late deliveries, how many of few came late, and of how many."""
    rng = np.random.default_rng(3)
    share = rng.beta(1.2, 6.0, N)
    deliveries = rng.poisson(2.0, (N, 2))
    return share, rng.binomial(deliveries, share[:, None]).astype(float), deliveries.astype(float)


def test_the_spread_of_planted_shares_is_found_behind_few_deliveries(late):
    share, counted, within = late
    found = lasting(counted, within, EACH, np.ones(N))
    seen = within.sum(axis=1) > 0
    measured = counted[seen].sum(axis=1) / within[seen].sum(axis=1)
    assert measured.std() > 1.4 * share.std()  # as measured, chance adds half as much again
    assert found.deviation == pytest.approx(share[seen].std(), rel=0.05)
    assert (np.isnan(found.values) == ~seen).all()
    # The guess is the best linear one: regressed on it, the truth has slope one.
    slope = np.polyfit(found.values[seen] * found.deviation, share[seen], 1)[0]
    assert slope == pytest.approx(1, abs=0.05)
    assert 0.2 < found.reliability < 0.6


def test_effects_of_a_well_and_an_ill_measured_driver_come_back_as_planted():
    """Of two equal effects that of the ill measured rate seems weaker, taken as measured."""
    rng = np.random.default_rng(4)
    rate = rng.gamma(2.0, 0.5, (N, 2))
    logit = -1 + 0.5 * ((rate - 1) / rate.std(axis=0)).sum(axis=1)
    label = rng.random(N) < 1 / (1 + np.exp(-logit))
    time = (0.5, 8.0)  # for how long each half watched: little of the first rate is seen
    counted = [rng.poisson(rate[:, [k, k]] * time[k]).astype(float) for k in (0, 1)]
    within = [np.full((N, 2), time[k]) for k in (0, 1)]
    guessed = [lasting(counted[k], within[k], EACH, np.ones(N)).values for k in (0, 1)]
    measured = [counted[k].sum(axis=1) / counted[k].sum(axis=1).std() for k in (0, 1)]
    ill, well = (
        LogisticRegression(C=1e3).fit(np.column_stack(columns), label).coef_[0]
        for columns in (measured, guessed)
    )
    assert ill[0] < 0.75 * ill[1]
    assert well == pytest.approx([0.5, 0.5], abs=0.06)


def test_rates_that_differ_by_chance_alone_have_nothing_that_lasts():
    rng = np.random.default_rng(0)
    within, customers = np.ones((2_000, 2)), np.arange(2_000) // 4
    signals = []
    for _ in range(200):
        # Four cases of a customer, and all four the same: they are one.
        counted = np.repeat(rng.poisson(1.0, (500, 2)), 4, axis=0).astype(float)
        found = lasting(counted, within, customers, np.ones(2_000))
        signals.append(found.signal if found else 0.0)
    assert 60 < sum(signal == 0 for signal in signals) < 140  # agreement falls below zero as often
    assert sum(signal > 2 for signal in signals) <= 15  # one in forty is what two errors promise


def test_nothing_is_said_of_cases_seen_in_one_half_only():
    within = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert lasting(within, within, np.arange(2), np.ones(2)) is None
    assert lasting(np.zeros((3, 2)), np.zeros((3, 2)), np.arange(3), np.ones(3)) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0))
def test_units_do_not_matter_and_a_weight_is_a_repetition(seed, unit):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.0, 1.0, 200)
    within = rng.uniform(0.5, 3.0, (200, 2))
    counted = rng.poisson(rate[:, None] * within).astype(float)
    times = rng.integers(0, 3, 200).astype(float)
    found = lasting(counted, within, np.arange(200), times)
    repeated = np.repeat(np.arange(200), times.astype(int))
    each = np.ones(len(repeated))
    again = lasting(counted[repeated], unit * within[repeated], repeated, each)
    assert (found is None) == (again is None)
    if found and again:
        np.testing.assert_allclose(found.values[repeated], again.values, atol=1e-8)
        assert found.deviation == pytest.approx(unit * again.deviation)
        assert found.signal == pytest.approx(again.signal)
        assert 0 < found.reliability < 1
