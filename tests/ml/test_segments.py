"""Segments are defined in both languages, assigned by the rule and profiled against all."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.dbt_models import MODELS
from crm_tasks.contracts.ml import SEGMENT_DEFINITIONS, SEGMENT_PROFILES, SEGMENTS
from crm_tasks.contracts.table import check_rows
from crm_tasks.errors import ContractError
from crm_tasks.ml.segments import (
    PROFILED,
    RFM_SEGMENTS,
    assign_segments,
    define_segments,
    profile_segments,
)

AS_OF = dt.date(2024, 7, 1)
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "rfm_segment": pa.string(),
        "recency_days": pa.int64(),
        "frequency": pa.int64(),
        "monetary_value": pa.decimal128(18, 2),
        "net_revenue_total": pa.decimal128(18, 2),
        "customer_age_days": pa.int64(),
        "avg_order_gap_days": pa.float64(),
    }
)


def rfm(*rows: tuple[str, str, int | None, str | None]) -> pa.Table:
    """Return features of (customer, segment, frequency, revenue)."""
    return pa.Table.from_pylist(
        [
            {
                "customer_id": customer,
                "rfm_segment": segment,
                "frequency": frequency,
                "net_revenue_total": None if revenue is None else Decimal(revenue),
            }
            for customer, segment, frequency, revenue in rows
        ],
        schema=SCHEMA,
    )


FOUR = rfm(
    ("a", "loyal", 10, "300.00"),
    ("b", "loyal", 8, "300.00"),
    ("c", "lost", 2, "200.00"),
    ("d", "no_orders", None, None),
)


def test_every_segment_has_a_name_and_a_meaning_in_both_languages():
    rows = check_rows(SEGMENT_DEFINITIONS, define_segments(AS_OF)).to_pylist()
    assert len(rows) == len(RFM_SEGMENTS) == 12
    for row in rows:
        assert len(row["definition"]) > 10
        assert not row["definition_zh"].isascii()
        assert not row["segment_name_zh"].isascii()


def test_every_segment_the_features_may_give_is_defined():
    model = (MODELS / "features" / "feat_customer_rfm.sql").read_text(encoding="utf-8")
    assert "rfm_segment" in model
    assert [s.name for s in RFM_SEGMENTS if f"'{s.name}'" not in model] == []


def test_each_customer_stands_in_one_segment_at_the_start_of_the_date():
    rows = check_rows(SEGMENTS, assign_segments(FOUR, AS_OF)).to_pylist()
    assert [row["segment_id"] for row in rows] == ["rfm:loyal"] * 2 + ["rfm:lost", "rfm:no_orders"]
    assert rows[0]["assigned_at"] == dt.datetime.fromisoformat("2024-07-01 00:00")
    assert rows[0]["membership_probability"] == 1.0


def test_a_segment_without_a_definition_is_refused():
    with pytest.raises(ContractError, match="1 rows have an rfm_segment without a definition"):
        assign_segments(rfm(("a", "favourites", 1, "1.00")), AS_OF)


def test_a_profile_is_the_mean_and_its_distance_from_all_customers():
    rows = check_rows(SEGMENT_PROFILES, profile_segments(FOUR, AS_OF)).to_pylist()
    assert len(rows) == 3 * len(PROFILED)
    loyal = next(r for r in rows if (r["segment_id"], r["feature"]) == ("rfm:loyal", "frequency"))
    spread = np.std([10, 8, 2])
    assert (loyal["n_customers"], loyal["mean"], loyal["revenue_share"]) == (2, 9.0, 0.75)
    assert loyal["z_vs_all"] == pytest.approx((9 - 20 / 3) / spread, abs=1e-6)
    assert loyal["top_terms"] == "high revenue, many orders"  # .707 against .686


def test_what_nobody_has_is_null_and_not_zero():
    rows = profile_segments(FOUR, AS_OF).to_pylist()
    of_none = [row for row in rows if row["segment_id"] == "rfm:no_orders"]
    assert {row["mean"] for row in of_none} == {row["z_vs_all"] for row in of_none} == {None}
    assert {row["top_terms"] for row in of_none} == {None}
    assert {row["revenue_share"] for row in of_none} == {0.0}


def test_profiles_do_not_depend_on_the_order_of_the_customers():
    random = np.random.default_rng(4)
    rows = [
        (f"c{i:03}", ("loyal", "lost")[i % 2], int(f), f"{m:.2f}")
        for i, (f, m) in enumerate(
            zip(random.integers(1, 99, 200), random.random(200) * 1e4, strict=True)
        )
    ]
    shuffled = [rows[i] for i in random.permutation(200)]
    straight = profile_segments(rfm(*rows), AS_OF)
    assert straight.equals(profile_segments(rfm(*shuffled), AS_OF))


def test_no_customers_give_no_profiles():
    assert check_rows(SEGMENT_PROFILES, profile_segments(rfm(), AS_OF)).num_rows == 0
