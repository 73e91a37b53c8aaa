"""Two results are identical, close or different, and nothing between."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.compare import compare_counts, compare_ties, compare_values, not_comparable


def values(*numbers, first_key=1):
    return pd.DataFrame({"k": range(first_key, first_key + len(numbers)), "v": numbers})


@pytest.mark.parametrize(
    ("newcomer", "unit", "agreement"),
    [
        (values(1.0, 2.0), 0.0, "identical"),
        (values(1.0, 2.0000005), 0.0, "identical"),
        (values(1.0, 2.01), 0.0, "differs"),
        (values(1.0, 2.01), 0.01, "close"),
        (values(1.0, 2.02), 0.01, "differs"),
        (values(1.0), 0.01, "differs"),
        (values(1.0, 2.0, first_key=2), 0.0, "differs"),
    ],
)
def test_values_agree_row_by_row(newcomer, unit, agreement):
    compared = compare_values(values(1.0, 2.0), newcomer, ["k"], "v", unit)
    assert compared.agreement == agreement


def test_large_values_may_differ_in_proportion():
    large, slightly_larger = values(1.0, 100.0), values(1.0, 100.00005)
    assert compare_values(large, slightly_larger, ["k"], "v").agreement == "identical"
    assert compare_values(large, values(1.0, 100.001), ["k"], "v").agreement == "differs"


def test_unmatched_rows_are_counted():
    compared = compare_values(values(1.0, 2.0), values(1.0, 2.0, 3.0), ["k"], "v")
    assert (compared.guanxi, compared.agreement) == ("2 rows", "differs")
    assert "1 unmatched" in compared.newcomer


def ties(n, strength=0.5):
    return pd.DataFrame({"src_id": range(n), "dst_id": range(1, n + 1), "strength": strength})


@pytest.mark.parametrize(
    ("newcomer", "agreement"),
    [
        (ties(2000), "identical"),
        (ties(1999), "close"),
        (ties(1990), "differs"),
        (ties(2000, 0.6), "differs"),
    ],
)
def test_ties_are_close_when_999_of_1000_stand_in_both(newcomer, agreement):
    assert compare_ties("ties", ties(2000), newcomer).agreement == agreement


def test_counts_are_compared_where_both_name_them():
    compared = compare_counts({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3})
    assert [(one.name, one.agreement) for one in compared] == [("a", "identical"), ("b", "differs")]


def test_what_cannot_be_compared_says_why():
    reasons = not_comparable()
    assert reasons
    assert all(one.agreement == "not comparable" and one.newcomer for one in reasons)
