"""Lifecycle and loyalty by hand, ids of groups over time, and who moved."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from crm_tasks.contracts.evaluation import SEGMENT_STABILITY
from crm_tasks.contracts.ml import SEGMENT_PROFILES
from crm_tasks.contracts.ml_segments import SEGMENT_HISTORY
from crm_tasks.contracts.table import check_rows
from crm_tasks.ml.interests import Tastes
from crm_tasks.ml.segment_history import (
    adjusted_rand,
    carry_over,
    mutual_information,
    stability_rows,
)
from crm_tasks.ml.segmentations import (
    LIFECYCLE,
    LOYALTY,
    RULES,
    by_rule,
    definition_rows,
    interest_members,
    name_groups,
    rule_members,
    taste_rows,
)

AS_OF = dt.date(2024, 7, 1)


def rfm(*rows):
    """Return features of (recency, orders, age, gap, f_score)."""
    names = ("recency_days", "frequency", "customer_age_days", "avg_order_gap_days", "f_score")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return pa.table(
        {"customer_id": [f"k{i}" for i in range(len(rows))]}
        | {name: pa.array(list(values), pa.float64()) for name, values in columns.items()}
    )


def test_lifecycle_and_loyalty_follow_the_own_rhythm():
    found = by_rule(
        rfm(
            (None, None, None, None, None),  # never ordered
            (10, 1, 10, None, 1),  # came ten days ago
            (35, 10, 400, 20, 5),  # every 20 days, away for less than two gaps
            (35, 10, 400, 10, 5),  # every 10 days: three to four gaps ago
            (300, 10, 600, 20, 5),  # long gone
            (35, 3, 300, 20, 2),
            (30, 5, 300, 20, 3),
        )
    )
    assert found[LIFECYCLE].tolist() == [
        "prospect", "new", "active", "slipping", "lapsed", "active", "active",
    ]  # fmt: skip
    assert found[LOYALTY].tolist() == [
        "none", "one_time", "devoted", "former", "former", "occasional", "regular",
    ]  # fmt: skip


def test_every_segment_that_is_assigned_is_defined():
    rng = np.random.default_rng(1)
    rows = [
        (int(rng.integers(1, 400)), int(rng.integers(1, 9)), 400, float(rng.integers(5, 90)), 3)
        for _ in range(200)
    ]
    defined = {row["segment_id"] for row in definition_rows(None, [], AS_OF)}
    assert len(defined) == sum(map(len, RULES.values()))
    for members in rule_members(rfm(*rows), AS_OF):
        assert members.num_rows == 200
        assert set(members.column("segment_id").to_pylist()) <= defined


def groups(*of_customers):
    """Return interests in which customer k<i> is in the i-th of these groups."""
    group = np.array(of_customers)
    customers = pa.array([f"k{i}" for i in range(len(group))])
    n = np.ones(len(group))
    names = [f"taste {one}" for one in range(group.max() + 1)]
    return SimpleNamespace(
        customers=customers, group=group, distance=n, probability=n, names=names, stability=0.9
    )


def test_what_groups_buy_stands_beside_what_else_is_known_of_them():
    found = groups(0, 0, 1)
    found.tastes = Tastes(["TEA"], np.array([[0.5], [0.1]]), np.array([[0.7], [-1.4]]))
    schema = SEGMENT_PROFILES.arrow_schema
    known = pa.Table.from_pylist(
        [{"segment_id": f"interest:0{n}", "n_customers": 3 - n, "revenue_share": 0.5,
          "feature": "frequency", "mean": 4.0, "z_vs_all": 0.1, "top_terms": "many orders",
          "as_of_date": AS_OF} for n in (1, 2)], schema=schema)  # fmt: skip
    first, second = taste_rows(found, ["interest:01", "interest:02"], known).to_pylist()
    assert (first["feature"], first["mean"], first["z_vs_all"]) == ("share_of_lines:TEA", 0.5, 0.7)
    assert (first["n_customers"], second["n_customers"]) == (2, 1)
    assert (second["segment_id"], second["z_vs_all"]) == ("interest:02", -1.4)
    check_rows(SEGMENT_PROFILES, pa.concat_tables([known, taste_rows(found, [
        "interest:01", "interest:02"], known)]))  # fmt: skip


def test_a_group_keeps_its_id_while_most_of_its_members_stay():
    first = groups(0, 0, 1, 1, 1, 1)
    ids = name_groups(first, None)
    assert ids == ["interest:02", "interest:01"]  # the largest is the first
    members = interest_members(first, ids, AS_OF)
    turned = groups(1, 1, 0, 0, 0, 0)
    assert name_groups(turned, members) == ["interest:01", "interest:02"]
    split = groups(0, 0, 1, 1, 1, 2)
    assert name_groups(split, members) == ["interest:02", "interest:01", "interest:03"]


def test_entries_exits_and_stability_against_the_run_before(scratch):
    first, second = groups(0, 0, 1, 1, 1, 1), groups(0, 1, 1, 1, 1, 1)
    ids = ["interest:02", "interest:01"]
    later = AS_OF + dt.timedelta(days=1)
    lent = scratch(segments=interest_members(first, ids, AS_OF))
    before = carry_over(lent, None, AS_OF)
    assert before["segment_history"].num_rows == 6
    assert stability_rows(lent, first, None, AS_OF).column("ari").to_pylist() == [0.9]
    lent.register("segments", interest_members(second, ids, later))
    after = carry_over(lent, before["segments"].select(before["segments"].column_names), later)
    moved = check_rows(SEGMENT_HISTORY, after["segment_history"]).to_pylist()
    start, today = (dt.datetime.combine(day, dt.time()) for day in (AS_OF, later))
    assert [(r["customer_id"], r["event"], r["segment_id"]) for r in moved] == [
        ("k1", "entered", "interest:01"), ("k1", "left", "interest:02"),
    ]  # fmt: skip
    assert [(r["entered_at"], r["left_at"]) for r in moved] == [(today, None), (start, today)]
    came = dict(
        zip(
            *(after["segments"].column(c).to_pylist() for c in ("customer_id", "assigned_at")),
            strict=True,
        )
    )
    assert came == {f"k{i}": today if i == 1 else start for i in range(6)}
    rows = check_rows(SEGMENT_STABILITY, stability_rows(lent, second, "before", later)).to_pylist()
    (compared,) = [row for row in rows if row["compared_with"] == "predecessor"]
    assert compared["run_id_prev"] == "before"
    assert compared["share_moved"] == pytest.approx(1 / 6, abs=1e-6)
    assert compared["jaccard_min"] == pytest.approx(0.5)
    labels = (first.group, second.group)
    assert compared["ari"] == pytest.approx(adjusted_rand_score(*labels), abs=1e-6)
    assert compared["nmi"] == pytest.approx(normalized_mutual_info_score(*labels), abs=1e-6)


def test_agreement_from_counts_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    old, new = rng.integers(0, 4, 300), rng.integers(0, 3, 300)
    new = np.where(rng.random(300) < 0.5, old % 3, new)
    table = np.zeros((4, 3))
    np.add.at(table, (old, new), 1.0)
    assert adjusted_rand(table) == pytest.approx(adjusted_rand_score(old, new))
    assert mutual_information(table) == pytest.approx(normalized_mutual_info_score(old, new))
    assert adjusted_rand(np.array([[5.0]])) == mutual_information(np.array([[5.0]])) == 1
