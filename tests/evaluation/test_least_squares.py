"""Errors under clusters, against the textbook formula by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from crm_tasks.evaluation.least_squares import Estimate, fit


def test_clustered_errors_are_liang_and_zegers_with_students_t():
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(12), 9)
    x = np.column_stack([np.ones(108), rng.normal(size=108)])
    y = x @ [1.0, 2.0] + rng.normal(size=12)[cluster] + rng.normal(size=108)
    found = fit(x, y, cluster).estimate(np.array([0.0, 1.0]))
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ x.T @ y)
    scores = np.stack([x[cluster == g].T @ residual[cluster == g] for g in range(12)])
    scale = 12 / 11 * 107 / 106
    se = np.sqrt((scale * bread @ scores.T @ scores @ bread)[1, 1])
    assert found.se == pytest.approx(se)
    assert found.high - found.value == pytest.approx(student.ppf(0.975, 11) * se)


def test_an_estimate_without_error_is_a_point():
    sure, none = Estimate.of(2.0, 0.0, 5), Estimate.of(0.0, 0.0, 5)
    assert (sure.low, sure.high, sure.p_value) == (2.0, 2.0, 0.0)
    assert none.p_value == 1.0
