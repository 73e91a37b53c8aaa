"""Plans of many days in a row keep budget, places, caps, consent and quiet hours, all of them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategy.simulated import days, violations


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 100_000))
def test_no_promise_is_broken_in_a_row_of_days(scratch, seed):
    broken, n_actions = violations(days(scratch, seed, 6))
    assert broken == []
    assert n_actions > 0
