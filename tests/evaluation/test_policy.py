"""Policies valued from another's log, where what each is worth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.errors import ContractError
from crm_tasks.evaluation.policy import Log, policy_values

N = 600


def logged(seed, n=N):
    """Return (log, rewards expected of both options): the second pays for the second half."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 2
    expected = np.column_stack([np.full(n, 1.0), 0.5 + 1.5 * kind])
    chance = np.where(kind == 1, 0.3, 0.6)
    propensity = np.column_stack([1 - chance, chance])
    action = (rng.random(n) < chance).astype(np.int64)
    reward = expected[np.arange(n), action] + rng.normal(0, 0.5, n)
    return Log(action, propensity, reward, np.arange(n)), expected


def values(log, policy, forecast):
    return {one.estimator: one for one in policy_values(log, policy, forecast)}


@given(st.integers(0, 10_000))
def test_the_policy_that_logged_is_worth_what_was_observed(seed):
    log, expected = logged(seed)
    for forecast in (expected, np.zeros_like(expected), expected + 3.0):
        found = values(log, log.propensity, forecast)
        observed = log.reward.mean()
        assert found["ips"].estimate.value == pytest.approx(observed)
        assert found["snips"].estimate.value == pytest.approx(observed)
        assert found["dr"].estimate.low <= observed <= found["dr"].estimate.high
        assert found["dr"].ess == pytest.approx(N)


def test_the_best_policy_is_found_and_covered_also_with_a_useless_forecast():
    best = np.eye(2)[np.arange(N) % 2]
    covered = dict.fromkeys(("ips", "snips", "dr", "dr_blind"), 0)
    for seed in range(60):
        log, expected = logged(seed)
        truth = float(np.sum(best * expected, axis=1).mean())
        found = {name: v.estimate for name, v in values(log, best, expected).items()}
        found["dr_blind"] = values(log, best, np.zeros_like(expected))["dr"].estimate
        for name, one in found.items():
            covered[name] += one.low <= truth <= one.high
        assert found["dr"].se < found["ips"].se
    assert min(covered.values()) >= 52  # of 60 at 95 %: fewer has probability below .01


def test_the_effective_sample_shrinks_as_policies_part():
    log, expected = logged(1)
    rare = np.eye(2)[1 - np.arange(N) % 2]
    kish = values(log, rare, expected)["ips"].ess
    weight = rare[np.arange(N), log.action] / log.propensity[np.arange(N), log.action]
    assert kish == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert kish == pytest.approx(N / (0.5 / 0.7 + 0.5 / 0.6), rel=0.05)


def test_a_policy_never_tried_has_no_snips_and_no_effective_sample():
    propensity = np.tile([1.0, 0.0], (5, 1))
    log = Log(np.zeros(5, dtype=np.int64), propensity, np.ones(5), np.arange(5))
    found = values(log, np.tile([0.0, 1.0], (5, 1)), np.zeros((5, 2)))
    assert set(found) == {"ips", "dr"}
    assert found["ips"].ess == 0.0


@pytest.mark.parametrize(
    ("propensity", "says"),
    [([[0.5, 0.4]], "add up to 1"), ([[1.5, -0.5]], "add up to 1"), ([[0.0, 1.0]], "probability")],
)
def test_a_log_that_cannot_be_is_refused(propensity, says):
    with pytest.raises(ContractError, match=says):
        Log(np.array([0]), np.array(propensity), np.ones(1), np.arange(1))


def test_hanging_together_widens_the_interval():
    log, expected = logged(2)
    together = Log(log.action, log.propensity, np.repeat(log.reward[::6], 6), np.arange(N) // 6)
    apart = Log(log.action, log.propensity, together.reward, np.arange(N))
    forecast = np.zeros_like(expected)
    wide, narrow = (
        values(one, log.propensity, forecast)["ips"].estimate for one in (together, apart)
    )
    assert wide.se == pytest.approx(narrow.se * np.sqrt(6), rel=0.05)
