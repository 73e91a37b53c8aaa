"""Wilson's interval against statsmodels' published form, its own equation, and the edges."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tasks.evaluation.intervals import wilson_interval


def test_the_textbook_example():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    low, high = wilson_interval(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 5000), share=st.floats(0, 1))
def test_its_ends_are_the_shares_that_the_score_test_barely_rejects(n, share):
    k = round(n * share)
    low, high = wilson_interval(np.array([k]), np.array([n]))
    z = NormalDist().inv_cdf(0.975)
    assert 0 <= low[0] <= k / n <= high[0] <= 1
    for end in (low[0], high[0]):
        if 0 < end < 1:
            assert abs(k / n - end) == pytest.approx(z * np.sqrt(end * (1 - end) / n), abs=1e-9)


def test_nothing_tried_is_nothing_known():
    low, high = wilson_interval(np.array([0]), np.array([0]))
    assert (low[0], high[0]) == (0.0, 1.0)
