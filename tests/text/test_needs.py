"""Needs: counted by hand, a planted trend found with its interval, chance not taken for a finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.features_needs import NEED_CORRELATION, NEED_DISTRIBUTION, NEED_TREND
from crm_tasks.text.needs import (
    need_correlation,
    need_distribution,
    need_trend,
    q_values,
    wilson,
)
from tests.text.said import AS_OF, letters


def test_shares_are_of_the_customers_who_wrote():
    told = letters()
    rows = check_rows(NEED_DISTRIBUTION, need_distribution(told, AS_OF)).to_pylist()
    by = {(row["segment_id"], row["need"]): row for row in rows}
    row = by["all", "refund"]
    own = told[told.need == "refund"]
    assert row["n_with_need"] == own.customer_id.nunique()
    assert row["n_messages"] == len(own)
    assert row["n_customers"] == told.customer_id.nunique()
    assert row["ci_low"] < row["share"] < row["ci_high"]
    parts = [by[segment, "refund"]["n_with_need"] for segment in ("rfm:low", "rfm:high")]
    assert sum(parts) == row["n_with_need"]


def test_a_planted_rise_is_found_and_the_steady_is_not():
    rows = check_rows(NEED_TREND, need_trend(letters(1_500), AS_OF)).to_pylist()
    trend = {row["need"]: row for row in rows}
    assert trend["refund"]["trend_ci_low"] > 0
    assert trend["refund"]["q_value"] < 0.001
    months = {row["month_start"] for row in rows}
    assert len(months) in (11, 12, 13)
    assert max(months) < AS_OF.replace(month=6, day=2)
    assert all(row["n_messages"] <= row["n_all"] for row in rows)


def test_an_unfinished_month_is_left_out():
    told = letters()
    late = told.said_at.max().to_period("M").start_time
    later = pd.Timestamp(late) + pd.Timedelta(days=14)
    rows = need_trend(told, later.date()).to_pylist()
    assert max(row["month_start"] for row in rows) < late.date()


def test_what_is_planted_correlates_and_noise_does_not():
    told = letters(2_000)
    refunds = told[told.need == "refund"].groupby("customer_id").size()
    people = pd.DataFrame({"customer_id": sorted(told.customer_id.unique())})
    rng = np.random.default_rng(0)
    people["refunds"] = people.customer_id.map(refunds).fillna(0.0)
    for name in ("noise_a", "noise_b", "noise_c"):
        people[name] = rng.normal(size=len(people))
    people["always"] = 1.0
    some = told[told.said_at >= told.said_at.max() - pd.Timedelta(days=60)]
    rows = check_rows(
        NEED_CORRELATION,
        need_correlation(
            some, people, ["refunds", "noise_a", "noise_b", "noise_c", "always"], AS_OF
        ),
    ).to_pylist()
    by = {(row["need"], row["feature"]): row for row in rows}
    assert by["refund", "refunds"]["ci_low"] > 0
    assert by["refund", "refunds"]["q_value"] < 0.05
    assert all(row["q_value"] > 0.01 for key, row in by.items() if "noise" in key[1])
    assert not any(feature == "always" for _, feature in by)


def test_q_values_are_those_of_scipy_over_what_is_known():
    p = np.array([0.001, np.nan, 0.04, 0.5])
    assert q_values(p)[[0, 2, 3]] == pytest.approx(false_discovery_control(p[[0, 2, 3]]))
    assert np.isnan(q_values(p)[1])


def test_nothing_known_is_anything_possible():
    low, high = wilson(pd.Series([0]), pd.Series([0]))
    assert (low[0], high[0]) == (0.0, 1.0)


def test_without_needs_there_are_no_rows():
    none = letters().assign(need=None)
    assert need_distribution(none, AS_OF).num_rows == 0
    assert need_trend(none, AS_OF).num_rows == 0
