"""Features in words: as an account manager would say them, one of a thing too."""

from __future__ import annotations

import math

import pytest

from crm_tasks.ml.propensity.wording import FEATURES


def test_one_is_told_as_one_and_two_as_several():
    waiting = FEATURES["n_open_issues"]
    assert waiting.told("n_open_issues", 1.0)[0] == "1 message waits for an answer"
    several = ("2 messages wait for an answer", "2 条来信尚待答复")
    assert waiting.told("n_open_issues", 2.0) == several
    assert FEATURES["recency_days"].told("recency_days", 1.0)[0] == "last order 1 day ago"


def test_membership_is_said_not_counted():
    member = FEATURES["is_loyalty_member"]
    told = [member.told("is_loyalty_member", value) for value in (1.0, 0.0, math.nan)]
    assert told == [
        ("in the loyalty scheme", "是忠诚会员"),
        ("not in the loyalty scheme", "不是忠诚会员"),
        ("is loyalty member not known", "是否忠诚会员未知"),
    ]


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_has_words_for_a_value_and_for_none(name):
    for value in (0.0, 1.0, 2.5, 1234.0, math.nan):
        english, chinese = FEATURES[name].told(name, value)
        assert english
        assert chinese
        assert "{" not in english + chinese
        assert "nan" not in english + chinese


@pytest.mark.parametrize("name", [n for n, one in FEATURES.items() if one.shown == "count"])
def test_every_count_has_a_singular(name):
    assert FEATURES[name].told(name, 1.0)[0] != FEATURES[name].en.format("1")
