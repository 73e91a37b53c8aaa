"""Interests: planted ones come out, ids do not count, and too little gives none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from crm_tasks.ml.interests import (
    InterestParams,
    Profiles,
    _sample,
    _tastes,
    embed,
    find_interests,
    group_profiles,
)
from crm_tasks.planted.people import People
from crm_tasks.planted.purchases import catalogue
from tests.ml.patterns.baskets import COMPANY, order_items, planted_items

NONE = pa.nulls(2, pa.string())
PARAMS = InterestParams(groups=(4, 6, 8, 10), refits=3)


@pytest.fixture(scope="module")
def bought():
    """Lines bought per planted customer and category, with product and amount."""
    lines = planted_items(3).to_pandas()
    lines["product"] = lines["product_id"].str[1:].astype(int)
    lines["category"] = "c" + (lines["product"] // catalogue(COMPANY).n_per_category).astype(str)
    return lines


def rows_of(lines):
    counted = lines.groupby(["customer_id", "category"]).size().rename("n").reset_index()
    return pa.Table.from_pandas(counted, preserve_index=False)


def interest_of(customers):
    return People(COMPANY, np.array([int(one) for one in customers])).interest


def test_planted_interests_are_found_and_their_number_too(bought):
    found = group_profiles(Profiles.from_rows(rows_of(bought)), PARAMS)
    truth = interest_of(found.customers.to_pylist())
    assert len(found.names) == 8
    assert adjusted_rand_score(truth, found.group) >= 0.9
    assert found.stability >= 0.8
    tastes = found.tastes
    for group, name in enumerate(found.names):
        own = [tastes.categories.index(term) for term in name.split(", ")]
        assert (tastes.z[group, own] > 0).all()
        assert (tastes.mean[group, own] > tastes.mean[:, own].mean(axis=0)).all()
    assert ((found.probability > 0) & (found.probability <= 1)).all()


def test_means_of_product_numbers_and_amounts_find_nothing(bought):
    naive = KMeans(8, n_init=2, random_state=1).fit(bought[["product", "net_amount"]])
    assert adjusted_rand_score(interest_of(bought["customer_id"]), naive.labels_) <= 0.3


def test_other_ids_give_the_same_groups(bought):
    small = bought[bought["customer_id"].astype(int) < 1_000].copy()
    plain = group_profiles(Profiles.from_rows(rows_of(small)), PARAMS)
    other_id = {i: f"{7919 * int(i) % 10_007:05d}" for i in small["customer_id"]}
    renamed = small.assign(customer_id=small["customer_id"].map(other_id))
    other = group_profiles(Profiles.from_rows(rows_of(renamed.iloc[::-1])), PARAMS)
    names = {new: old for old, new in other_id.items()}
    assert len(names) == small["customer_id"].nunique()
    first = dict(zip(plain.customers.to_pylist(), plain.group, strict=True))
    second = {names[i]: g for i, g in zip(other.customers.to_pylist(), other.group, strict=True)}
    assert adjusted_rand_score(*zip(*((first[i], second[i]) for i in first), strict=True)) == 1
    assert sorted(plain.names) == sorted(other.names)


def test_how_much_somebody_buys_does_not_count():
    rng = np.random.default_rng(3)
    rows = []
    for customer in range(200):
        for category in range(3):
            n = int(rng.integers(2, 5) * (1 + 9 * (customer % 2)))
            rows.append((f"k{customer}", f"c{3 * (customer // 100) + category}", n))
    names = ("customer_id", "category", "n")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    found = group_profiles(Profiles.from_rows(table), InterestParams(groups=(2, 3), refits=2))
    truth = [int(one[1:]) // 100 for one in found.customers.to_pylist()]
    assert adjusted_rand_score(truth, found.group) == 1
    assert {frozenset(name.split(", ")) for name in found.names} == {
        frozenset({"c0", "c1", "c2"}), frozenset({"c3", "c4", "c5"}),
    }  # fmt: skip


def test_places_have_length_one(bought):
    places = embed(Profiles.from_rows(rows_of(bought)).counts, 12)
    assert np.linalg.norm(places, axis=1) == pytest.approx(1)


def test_the_sample_is_drawn_by_the_hash_of_ids_and_not_by_their_order():
    ids = [f"k{number}" for number in range(500)]
    first = {ids[i] for i in _sample(pa.array(ids), 100)}
    turned = ids[::-1]
    assert {turned[i] for i in _sample(pa.array(turned), 100)} == first
    assert len(first) == 100


def test_too_few_customers_or_categories_give_no_groups(scratch):
    items = order_items([(f"o{i}", f"k{i}", 1, ["a", "b"]) for i in range(80)])
    products = pa.table(
        {
            "product_id": ["a", "b"],
            "category_l1": ["x", "x"],
            "category_l2": pa.nulls(2, pa.string()),
        }
    )
    assert find_interests(scratch(order_items=items, products=products), PARAMS) is None
    few = pa.table({"customer_id": ["k", "k"], "category": ["x", "y"], "n": [1, 2]})
    assert group_profiles(Profiles.from_rows(few), PARAMS) is None


def test_tastes_are_mean_shares_of_lines_beside_all_customers():
    counts = [("a", "tea", 3), ("a", "ham", 1), ("b", "tea", 1), ("c", "ham", 2), ("d", "ham", 9)]
    rows = [(f"{who}{n}", what, times) for n in range(20) for who, what, times in counts]
    columns = zip(*rows, strict=True)
    names = ("customer_id", "category", "n")
    profiles = Profiles.from_rows(pa.table(dict(zip(names, map(list, columns), strict=True))))
    group = np.array(["ab".find(one[0]) >= 0 for one in profiles.customers.to_pylist()], dtype=int)
    tastes = _tastes(profiles, group, [["ham"], ["tea"]])
    assert tastes.categories == ["ham", "tea"]
    assert tastes.mean == pytest.approx(np.array([[1.0, 0.0], [0.125, 0.875]]))
    share = np.array([0.75, 1, 0, 0])
    spread = share.std()
    assert tastes.z[:, 1] == pytest.approx((np.array([0, 0.875]) - share.mean()) / spread)
