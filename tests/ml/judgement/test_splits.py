"""A split never lets an answer of training reach into what is judged."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.ml.judgement import JudgementParams, TimeSplit, TooLittle, split_in_time
from crm_tasks.ml.judgement import splits as module

FIRST = dt.date(2017, 1, 1)


@given(
    days=st.integers(1, 900),
    horizon=st.integers(1, 120),
    history=st.integers(0, 120),
    gap=st.integers(0, 30),
)
def test_answers_end_a_gap_before_the_test_and_the_test_before_today(days, horizon, history, gap):
    as_of = FIRST + dt.timedelta(days=days)
    found = split_in_time(as_of, FIRST, horizon, history, JudgementParams(gap_days=gap))
    needed = history + 2 * horizon + gap
    if days < needed:
        assert isinstance(found, module.TooLittle)
        return
    span = dt.timedelta(days=horizon)
    assert found.test_origin + span == as_of
    assert found.train_origins[-1] + span + dt.timedelta(days=gap) <= found.test_origin
    assert found.train_origins[0] >= FIRST + dt.timedelta(days=history)
    assert list(found.train_origins) == sorted(set(found.train_origins))
    assert 1 <= len(found.train_origins) <= JudgementParams().origins_at_most
    assert found.final_origins[-1] == found.test_origin
    assert len(found.final_origins) == len(found.train_origins)


def test_too_short_a_history_says_what_is_missing():
    found = split_in_time(dt.date(2017, 3, 1), FIRST, 30, 0, JudgementParams())
    assert isinstance(found, TooLittle)
    assert "facts reach back to 2017-01-01" in found.reason


def test_a_split_whose_training_answers_are_not_known_yet_cannot_be_made():
    day = dt.date(2017, 6, 1)
    with pytest.raises(ValueError, match="training answers are known on 2017-07-01"):
        TimeSplit((day,), day + dt.timedelta(days=29), 30, 0)
