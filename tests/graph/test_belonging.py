"""Ties of other people are told from those of these customers by what tied pairs share."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.graph import LAYER_CHECKS
from crm_tasks.contracts.table import check_rows
from crm_tasks.graph.belonging import BELONGS, FOREIGN, TOO_FEW, check_layers, check_ties
from crm_tasks.graph.params import GraphParams
from crm_tasks.graph.projection import Purchases
from tests.graph.builders import AS_OF

PARAMS = GraphParams(max_customer_share=1.0)
N, CIRCLES = 400, 20


def purchases() -> Purchases:
    """Return purchases of 400 customers in 20 circles: half from the circle's own products."""
    random = np.random.default_rng(3)
    customer = np.repeat(np.arange(N), 12)
    own = customer % CIRCLES * 10 + random.integers(0, 10, len(customer))
    other = random.integers(0, 10 * CIRCLES, len(customer))
    product = np.where(random.random(len(customer)) < 0.5, own, other)
    pairs = np.unique(customer * 1000 + product)
    noon = dt.datetime.combine(AS_OF, dt.time(12))
    return Purchases.from_ties(
        pa.table(
            {
                "src_id": [f"{c}" for c in pairs // 1000],
                "dst_id": [f"p{p}" for p in pairs % 1000],
                "last_evidence_at": pa.array([noon] * len(pairs), pa.timestamp("us")),
            }
        )
    )


def circle_ties(n: int) -> pa.Table:
    """Return ties between customers of one circle."""
    random = np.random.default_rng(4)
    first = random.integers(0, N, n)
    second = (first + CIRCLES * random.integers(1, N // CIRCLES, n)) % N
    ends = {"src_id": [f"{i}" for i in first], "dst_id": [f"{i}" for i in second]}
    return pa.table({name: pa.array(ids, pa.string()) for name, ids in ends.items()})


def test_ties_within_circles_belong():
    check = check_ties(purchases(), circle_ties(300), PARAMS)
    assert check.verdict == BELONGS
    assert check.ratio > 2


def test_the_same_ties_under_identifiers_of_other_people_are_foreign():
    names = np.random.default_rng(9).permutation(N)
    ties = circle_ties(3000)
    foreign = pa.table(
        {
            name: [f"{names[int(i)]}" for i in ties[name].to_pylist()]
            for name in ("src_id", "dst_id")
        }
    )
    check = check_ties(purchases(), foreign, PARAMS)
    assert check.verdict == FOREIGN
    assert check.ratio == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("n", [0, 5, 29])
def test_a_few_ties_tell_nothing(n):
    assert check_ties(purchases(), circle_ties(n), PARAMS).verdict == TOO_FEW


def test_ties_of_those_who_buy_nothing_tell_nothing():
    ties = pa.table({"src_id": ["O"] * 50, "dst_id": ["P"] * 50})
    check = check_ties(purchases(), ties, PARAMS)
    assert (check.n_pairs, check.verdict, check.ratio) == (0, TOO_FEW, None)


def test_the_verdict_does_not_depend_on_the_order_of_the_ties():
    ties = circle_ties(100)
    shuffled = ties.take(np.random.default_rng(1).permutation(100))
    assert check_ties(purchases(), ties, PARAMS) == check_ties(purchases(), shuffled, PARAMS)


def test_each_stated_layer_with_ties_has_a_row():
    stated = {"trust": circle_ties(100), "reply": circle_ties(0), "mention": circle_ties(10)}
    rows = check_rows(LAYER_CHECKS, check_layers(purchases(), stated, AS_OF, PARAMS)).to_pylist()
    assert {row["layer"]: row["verdict"] for row in rows} == {"trust": BELONGS, "mention": TOO_FEW}
