"""Ties are functions of their evidence: doubling or dropping a fact moves its own tie only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.graph.params import (
    PURCHASE,
    PURCHASE_SIMILARITY,
    GraphParams,
    LayerParams,
    house_layers,
)
from crm_tasks.graph.projection import Purchases, share_products
from crm_tasks.graph.ties import collect_evidence, evidence_rows, tie_up
from tests.graph.builders import AS_OF, core, line

PARAMS = GraphParams(
    layers={
        **house_layers(),
        PURCHASE: LayerParams(True, 100.0, 2.0),
        PURCHASE_SIMILARITY: LayerParams(False, 100.0, None),
    }
)


def strengths(ties: pa.Table) -> dict[tuple[str, str], float]:
    ends = zip(ties["src_id"].to_pylist(), ties["dst_id"].to_pylist(), strict=True)
    return dict(zip(ends, ties["strength"].to_pylist(), strict=True))


def purchase_ties(lend, *lines):
    scratch = lend(**core(*lines))
    evidence = collect_evidence(scratch, PURCHASE, AS_OF, PARAMS)
    return evidence, tie_up(scratch, evidence, PURCHASE, AS_OF, PARAMS.layers[PURCHASE])


def test_a_purchase_tie_is_decayed_summed_and_saturated(scratch):
    _, ties = purchase_ties(scratch, line("a", "tea", days_ago=100), line("a", "tea", days_ago=200))
    (tie,) = ties.to_pylist()
    weight = 0.5 + 0.25
    assert tie["strength"] == pytest.approx(weight / (weight + 2.0), abs=1e-9)
    assert tie["distance"] == 1.0 / tie["strength"]
    assert tie["n_evidence"] == 2
    assert tie["is_directed"]
    assert tie["edge_key"] == "purchase:a:tea"
    assert tie["first_evidence_at"] == tie["valid_from"] < tie["last_evidence_at"]
    assert tie["valid_to"] is None


def test_money_or_goods_make_evidence_and_neither_makes_none(scratch):
    evidence, ties = purchase_ties(
        scratch,
        line("a", "paid", quantity=0, amount="2.00"),
        line("a", "given", quantity=1, amount="0.00"),
        line("a", "neither", quantity=0, amount="0.00"),
        line("a", "returned", quantity=-1, amount="-2.00"),
        line(None, "anonymous"),
        line("a", None),
    )
    assert sorted(ties["dst_id"].to_pylist()) == ["given", "paid"]
    assert evidence.num_rows == 2


def test_doubling_one_pairs_purchases_raises_only_its_own_tie(scratch):
    lines = [
        line("a", "tea", days_ago=10),
        line("a", "jam", days_ago=20),
        line("b", "tea", days_ago=30),
    ]
    _, before = purchase_ties(scratch, *lines)
    _, after = purchase_ties(scratch, *lines, line("a", "tea", days_ago=10))
    old, new = strengths(before), strengths(after)
    assert new.pop(("a", "tea")) > old.pop(("a", "tea"))
    assert new == old


def test_evidence_however_old_still_carries_its_tie(scratch):
    _, ties = purchase_ties(scratch, line("a", "tea", days_ago=20_000))
    assert ties["strength"].to_pylist() == [1e-9]


def test_ties_do_not_depend_on_the_order_of_the_lines(scratch):
    random = np.random.default_rng(7)
    lines = [
        line(f"c{random.integers(5)}", f"p{random.integers(6)}", days_ago=int(days))
        for days in random.integers(1, 900, 80)
    ]
    _, straight = purchase_ties(scratch, *lines)
    _, shuffled = purchase_ties(scratch, *(lines[i] for i in random.permutation(80)))
    order = [("src_id", "ascending"), ("dst_id", "ascending")]
    assert straight.num_rows > 10
    assert straight.sort_by(order).equals(shuffled.sort_by(order))


def similar_ties(lend, *lines):
    scratch = lend(**core(*lines))
    evidence = collect_evidence(scratch, PURCHASE, AS_OF, PARAMS)
    purchases = Purchases.from_ties(
        tie_up(scratch, evidence, PURCHASE, AS_OF, PARAMS.layers[PURCHASE])
    )
    shared = share_products(purchases, AS_OF, PARAMS)
    return (
        scratch,
        shared,
        tie_up(scratch, shared, PURCHASE_SIMILARITY, AS_OF, PARAMS.layers[PURCHASE_SIMILARITY]),
    )


BASKETS = [
    line(customer, product, days_ago=5)
    for customer, products in {"a": "xyz", "b": "xyw", "c": "wv", "d": "zv"}.items()
    for product in products
]


@pytest.mark.parametrize("dropped", range(5))
def test_dropping_one_evidence_row_lowers_only_its_tie_by_what_it_contributed(scratch, dropped):
    lent, evidence, before = similar_ties(scratch, *BASKETS)
    assert evidence.num_rows == 5
    gone = evidence.slice(dropped, 1).to_pylist()[0]
    rest = pa.concat_tables([evidence.slice(0, dropped), evidence.slice(dropped + 1)])
    after = strengths(
        tie_up(lent, rest, PURCHASE_SIMILARITY, AS_OF, PARAMS.layers[PURCHASE_SIMILARITY])
    )
    old = strengths(before)
    pair = (gone["src_id"], gone["dst_id"])
    expected = old.pop(pair) - gone["contribution"]
    assert after.pop(pair, 0.0) == pytest.approx(expected, abs=1e-9)
    assert after == old


def test_doubling_a_purchase_leaves_every_similarity_as_it_was(scratch):
    _, _, before = similar_ties(scratch, *BASKETS)
    _, _, after = similar_ties(scratch, *BASKETS, BASKETS[0])
    assert strengths(before)
    assert strengths(after) == strengths(before)


def test_evidence_rows_name_the_tie_and_the_date(scratch):
    evidence, _ = purchase_ties(scratch, line("a", "tea"))
    (row,) = evidence_rows({PURCHASE: evidence}, AS_OF).to_pylist()
    assert row["edge_key"] == "purchase:a:tea"
    assert row["evidence_type"] == "order_item"
    assert row["as_of_date"] == AS_OF
    assert isinstance(row["occurred_at"], dt.datetime)
    assert "src_id" not in row
