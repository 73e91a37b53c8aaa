"""Scored pairs as tables: records in alphabetical order, reasons that add up, a queue in order."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.identity.comparisons import FIELDS
from crm_tasks.identity.links import link_rows, pair_rows, reason_rows, review_rows
from crm_tasks.identity.score import Scored, joined
from tests.identity.people import MODEL

AS_OF = dt.date(2024, 7, 1)
KEYS = pa.array(["b:1", "a:1", "c:1"])


def scored(key: int = -1) -> Scored:
    n = 2
    levels = {name: np.full(n, -1) for name in FIELDS} | {"email": np.array([0, 2])}
    weights = {name: np.zeros(n) for name in (*FIELDS, "household", "key")}
    weights |= {"email": np.array([20.0, -1.25]), "prior": np.full(n, -10.0)}
    weights["key"] = np.array([40.0, 0.0]) if key >= 0 else np.zeros(n)
    return Scored(np.array([0, 1]), np.array([1, 2]), np.array([0, 1]), np.array([key, -1]), levels,
                  weights)  # fmt: skip


def test_pairs_are_named_in_alphabetical_order_with_what_found_them():
    rows = pair_rows(scored(), KEYS, MODEL).to_pylist()
    assert [(r["record_l"], r["record_r"], r["match_key"]) for r in rows] == [
        ("a:1", "b:1", "email"), ("a:1", "c:1", "phone"),
    ]  # fmt: skip
    assert [r["match_weight"] for r in rows] == [10.0, -11.25]
    assert rows[0]["match_probability"] == pytest.approx(1 / (1 + 2**-10), abs=1e-6)


def test_a_shared_key_is_a_reason_of_its_own():
    rows = pair_rows(scored(key=2), KEYS, MODEL).to_pylist()
    assert (rows[0]["match_key"], rows[0]["match_weight"]) == ("handle", 50.0)
    reasons = reason_rows(scored(key=2), KEYS).to_pylist()
    own = {r["field"]: r["weight"] for r in reasons if r["record_r"] == "b:1"}
    assert own == {"email": 20.0, "prior": -10.0, "handle": 40.0}


def test_a_pair_found_twice_counts_once_and_the_shared_key_holds():
    both = joined([scored(), scored(key=0)])
    assert (len(both), both.key.tolist()) == (2, [0, -1])


def test_the_queue_leaves_out_what_is_settled():
    pairs = pa.concat_tables([pair_rows(scored(), KEYS, MODEL)] * 2)
    verdicts = ["review", "review", "blocked", "manual"]
    why = ["below_auto", "ambiguous", "different_ids", "decided_different"]
    links = link_rows(pairs, verdicts, why, "v", AS_OF)
    queue = review_rows(links, np.array([False, True, False, False]), AS_OF).to_pylist()
    assert [(q["record_r"], q["priority"], q["suggested_decision"]) for q in queue] == [
        ("b:1", 1, "same"),
    ]  # fmt: skip
