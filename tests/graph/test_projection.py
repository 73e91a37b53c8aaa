"""Similarity of customers: the cosine written out, caps, top-k, and answers by brute force."""

from __future__ import annotations

import datetime as dt
from math import log1p, sqrt

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tasks.graph.params import PURCHASE, GraphParams, LayerParams
from crm_tasks.graph.projection import (
    Purchases,
    buyers_at_most,
    drop_common_products,
    share_products,
    strongest_pairs,
)
from tests.graph.builders import AS_OF


def bought(*pairs: tuple[str, str, int]) -> Purchases:
    """Return purchases of (customer, product, days ago)."""
    customers, products, days = zip(*pairs, strict=True)
    noon = dt.datetime.combine(AS_OF, dt.time(12))
    return Purchases.from_ties(
        pa.table(
            {
                "src_id": list(customers),
                "dst_id": list(products),
                "last_evidence_at": [noon - dt.timedelta(days=d) for d in days],
            }
        )
    )


def test_a_shared_product_contributes_its_part_of_the_cosine():
    params = GraphParams(layers={PURCHASE: LayerParams(True, 100.0, 3.0)}, damping_products=2.0)
    purchases = bought(("a", "x", 0), ("a", "y", 0), ("b", "x", 100), ("c", "z", 0))
    (row,) = share_products(purchases, AS_OF, params).to_pylist()
    x, single, damping = log1p(3 / 2), log1p(3 / 1), 2.0 * log1p(3) ** 2
    norm_a, norm_b = sqrt(x**2 + single**2 + damping), sqrt(x**2 + damping)
    expected = x**2 * sqrt(1.0 * 0.5) / (norm_a * norm_b)
    assert row["contribution"] == pytest.approx(expected, abs=1e-9)
    assert (row["src_id"], row["dst_id"], row["evidence_ref"]) == ("a", "b", "x")
    assert row["edge_key"] == "purchase_similarity:a:b"
    assert row["occurred_at"].date() == AS_OF


def test_what_too_many_buy_is_dropped_and_listed():
    everybody = [(f"c{i}", "bread", 1) for i in range(30)]
    purchases = bought(*everybody, ("c0", "saffron", 1), ("c1", "saffron", 1))
    params = GraphParams(never_dropped_below=20)
    (dropped,) = drop_common_products(purchases, AS_OF, params).to_pylist()
    assert (dropped["product_id"], dropped["n_customers"]) == ("bread", 30)
    assert dropped["reason"] == "bought_by_more_than_max_share"
    evidence = share_products(purchases, AS_OF, params)
    assert evidence["evidence_ref"].to_pylist() == ["saffron"]


def test_the_reason_names_the_cap_that_was_passed():
    purchases = bought(*((f"c{i}", "bread", 1) for i in range(30)))
    params = GraphParams(max_customer_share=0.9, max_customers=25)
    (dropped,) = drop_common_products(purchases, AS_OF, params).to_pylist()
    assert dropped["reason"] == "bought_by_more_than_max_customers"


@pytest.mark.parametrize(("n", "limit"), [(1, 20), (400, 20), (2_469, 123), (100_000, 500)])
def test_the_cap_grows_with_the_company_up_to_a_number(n, limit):
    assert buyers_at_most(n, GraphParams()) == limit


def brute_force_pairs(dense: np.ndarray, k: int) -> set[tuple[int, int]]:
    similar = np.rint(dense @ dense.T * 1e9).astype(int)
    named = set()
    for i in range(len(dense)):
        others = [j for j in range(len(dense)) if j != i and similar[i, j] > 0]
        for j in sorted(others, key=lambda j: (-similar[i, j], j))[:k]:
            named.add((min(i, j), max(i, j)))
    return named


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 12),
    k=st.integers(1, 4),
)
def test_strongest_pairs_equal_brute_force(seed, n, k):
    random = np.random.default_rng(seed)
    dense = random.choice([0.0, 0.0, 0.25, 0.5], (n, 6))
    first, second = strongest_pairs(sp.csr_matrix(dense), k)
    found = set(zip(first.tolist(), second.tolist(), strict=True))
    assert found == brute_force_pairs(dense, k)
    assert len(found) == len(first)


SIMILAR_IN_SQL = """
with bought as (
    select customer, product, ln(1.0 + $n / count(*) over (partition by product)) as weight
    from pairs
),

scaled as (
    select
        customer,
        product,
        weight / sqrt(sum(weight ** 2) over (partition by customer) + $damping) as value
    from bought
),

likeness as (
    select
        a.customer as one,
        b.customer as other,
        cast(round(sum(a.value * b.value) * 1e9) as bigint) as similarity
    from scaled as a
    inner join scaled as b on a.product = b.product and a.customer <> b.customer
    group by a.customer, b.customer
),

ranked as (
    select
        *,
        row_number() over (partition by one order by similarity desc, other asc) as place
    from likeness
    where similarity > 0
)

select distinct least(one, other) as first, greatest(one, other) as second
from ranked
where place <= $k
order by first, second
"""


def test_similar_customers_are_those_that_sql_finds(scratch):
    random = np.random.default_rng(5)
    customers = [f"c{i:03}" for i in random.integers(0, 150, 1500)]
    products = [f"p{i:03}" for i in random.zipf(1.6, 1500) % 90]
    pairs = sorted(set(zip(customers, products, strict=True)))
    params = GraphParams(max_customer_share=1.0, neighbours=4)
    evidence = share_products(bought(*((c, p, 0) for c, p in pairs)), AS_OF, params)
    n = len({c for c, _ in pairs})
    found = sorted(
        set(zip(evidence["src_id"].to_pylist(), evidence["dst_id"].to_pylist(), strict=True))
    )
    frame = pa.table({"customer": [c for c, _ in pairs], "product": [p for _, p in pairs]})
    damping = params.damping_products * log1p(n) ** 2
    rows = scratch(pairs=frame).query(SIMILAR_IN_SQL, {"n": n, "damping": damping, "k": 4})
    expected = [(row["first"], row["second"]) for row in rows.to_pylist()]
    assert len(expected) > 300
    assert found == expected


def test_evidence_does_not_depend_on_the_order_of_the_purchases():
    random = np.random.default_rng(3)
    pairs = sorted({(f"c{random.integers(9)}", f"p{random.integers(12)}") for _ in range(60)})
    dated = [(c, p, int(random.integers(1, 300))) for c, p in pairs]
    shuffled = [dated[i] for i in random.permutation(len(dated))]
    params = GraphParams(neighbours=2)
    straight = share_products(bought(*dated), AS_OF, params)
    assert straight.num_rows > 10
    assert straight.equals(share_products(bought(*shuffled), AS_OF, params))


def test_nobody_is_similar_to_anybody_without_a_shared_product():
    evidence = share_products(bought(("a", "x", 1), ("b", "y", 1)), AS_OF, GraphParams())
    assert evidence.num_rows == 0


def test_a_customer_known_by_one_purchase_is_nobodys_twin():
    purchases = bought(
        ("a", "x", 1), ("b", "x", 1), *((c, p, 1) for c in "cd" for p in "klmnopqrst")
    )
    evidence = share_products(purchases, AS_OF, GraphParams())
    total: dict[str, float] = {}
    for row in evidence.to_pylist():
        total[row["edge_key"]] = total.get(row["edge_key"], 0.0) + row["contribution"]
    assert total["purchase_similarity:a:b"] < 0.4 < total["purchase_similarity:c:d"] < 1.0
