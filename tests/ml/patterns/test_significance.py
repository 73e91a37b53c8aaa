from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from crm_tasks.ml.patterns.params import PatternParams
from crm_tasks.ml.patterns.significance import fisher_p, q_values


@pytest.mark.parametrize(("both", "first", "then", "n"), [(8, 10, 20, 60), (1, 9, 9, 30)])
def test_fisher_is_that_of_scipy(both, first, then, n):
    table = [[both, first - both], [then - both, n - first - then + both]]
    found = fisher_p(np.array([both]), np.array([first]), np.array([then]), n)
    assert found[0] == pytest.approx(fisher_exact(table, "greater").pvalue)


def test_the_share_asked_for_is_rounded_up():
    assert [PatternParams(min_baskets=2).least(n, 0.01) for n in (1, 200, 201)] == [2, 2, 3]


def test_q_values_are_those_of_scipy_and_tests_not_listed_count():
    p = np.random.default_rng(1).random(50) ** 3
    assert q_values(p, 50) == pytest.approx(false_discovery_control(p))
    padded = false_discovery_control(np.concatenate([p, np.ones(950)]))[:50]
    assert q_values(p, 1_000) == pytest.approx(padded)
