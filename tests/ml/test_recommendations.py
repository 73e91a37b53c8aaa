"""Lists keep what is known from what is new, and are judged by what was bought afterwards."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.ml import MODEL_COMPARISONS
from crm_tasks.contracts.ml_recommendations import RECOMMENDATIONS
from crm_tasks.contracts.table import check_rows
from crm_tasks.ml.recommendations import RecommendationParams, recommend
from tests.ml.patterns.baskets import AS_OF, order_items

PARAMS = RecommendationParams()


def products(n_products, n_categories):
    ids = [f"p{i:03d}" for i in range(n_products)]
    return pa.table(
        {
            "product_id": ids,
            "name": [f"name of {one}" for one in ids],
            "category_l1": [f"c{i % n_categories}" for i in range(n_products)],
            "category_l2": pa.nulls(n_products, pa.string()),
        }
    )


def loyal(seed, n_customers=80, n_products=80):
    """Return orders of customers who each buy the same few of one category's products."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n_customers):
        own = [i for i in range(n_products) if i % 4 == customer % 4]
        usual = rng.choice(own, 6, replace=False)
        for visit in range(20):
            chosen = [*rng.choice(usual, 2, replace=False), rng.choice(own)]
            bought = sorted({f"p{i:03d}" for i in chosen})
            rows.append((f"o{customer}-{visit}", f"k{customer:02d}", 1 + visit * 7, bought))
    return order_items(rows)


@pytest.fixture
def made(scratch):
    items = loyal(1)
    tables = recommend(scratch(order_items=items, products=products(80, 4)), AS_OF, PARAMS)
    checked = check_rows(RECOMMENDATIONS, tables["recommendations"])
    return items, checked.to_pandas(), tables["model_comparisons"]


def test_what_is_known_and_what_is_new_are_never_mixed(made):
    items, lists, _ = made
    bought = set(
        zip(*(items.column(c).to_pylist() for c in ("customer_id", "product_id")), strict=True)
    )
    keys = list(zip(lists["customer_id"], lists["product_id"], strict=True))
    is_known = np.array([key in bought for key in keys])
    assert is_known[lists["list_name"] == "buy_again"].all()
    assert not is_known[lists["list_name"] == "discover"].any()
    assert (lists.groupby(["customer_id", "list_name"])["rank"].max() <= PARAMS.length).all()
    assert set(lists["list_name"]) == {"buy_again", "discover"}


def test_own_habits_and_categories_beat_what_all_buy_where_they_are_all_there_is(made):
    _, lists, comparisons = made
    rows = check_rows(MODEL_COMPARISONS, comparisons).to_pandas().set_index("candidate")
    assert rows.loc["own_days", "verdict"] == "better"
    assert rows.loc["popular_in_own_categories", "verdict"] == "better"
    assert rows["is_champion"].sum() == 2
    shown = lists[lists["list_name"] == "discover"]
    assert set(shown["source"]) == {"popular_in_own_categories"}
    own = shown["customer_id"].str[1:].astype(int) % 4
    assert (shown["product_id"].str[1:].astype(int) % 4 == own).all()


def test_recall_is_what_one_counts_by_hand(scratch):
    # Everybody bought a twice and b once before the cut, and a and c after it.
    rows = []
    for customer in range(60):
        name = f"k{customer:02d}"
        rows += [
            (f"{name}-1", name, 60, ["p000"]),
            (f"{name}-2", name, 50, ["p000", "p001"]),
            (f"{name}-3", name, 5, ["p000", "p002"]),
        ]
    tables = recommend(
        scratch(order_items=order_items(rows), products=products(4, 2)),
        AS_OF,
        RecommendationParams(length=1),
    )
    found = tables["model_comparisons"].to_pandas().set_index("candidate")
    # One place: p000 is on top of each list; of new things (p002) nobody had bought any before.
    assert found.loc["own_days", "candidate_value"] == 1
    assert found.loc["own_days", "baseline_value"] == 1
    assert found.loc["own_days", "verdict"] == "not_better_than_baseline"
    assert found.loc["popular_in_own_categories", "candidate_value"] == 0
    lists = tables["recommendations"].to_pandas()
    again = lists[lists["list_name"] == "buy_again"]
    assert set(again["source"]) == {"most_popular"}
    assert set(again["product_id"]) == {"p000"}
    assert again["reason"].iloc[0] == "Bought on 3 days, last 5 days ago"


def test_too_few_customers_are_not_judged_and_get_what_all_buy(scratch):
    rows = [(f"o{i}", f"k{i}", 10 + i, ["p000", "p001"]) for i in range(8)]
    tables = recommend(
        scratch(order_items=order_items(rows), products=products(4, 2)), AS_OF, PARAMS
    )
    comparisons = tables["model_comparisons"].to_pandas()
    assert set(comparisons["verdict"]) == {"not_judged"}
    assert comparisons["reason"].str.contains("customers bought in the last 28 days").all()
    assert set(tables["recommendations"].column("source").to_pylist()) == {"most_popular"}


def test_what_comes_after_the_date_changes_nothing(scratch, made):
    items, lists, _ = made
    later = loyal(9).to_pandas()
    later["ordered_at"] += dt.timedelta(days=200)
    later = later[later["customer_id"].isin(set(lists["customer_id"]))]
    both = pa.concat_tables(
        [items, pa.Table.from_pandas(later, items.schema, preserve_index=False)]
    )
    tables = recommend(scratch(order_items=both, products=products(80, 4)), AS_OF, PARAMS)
    again = check_rows(RECOMMENDATIONS, tables["recommendations"]).to_pandas()
    assert again.equals(lists)


def test_a_customer_without_orders_of_the_year_gets_no_list(scratch):
    rows = [(f"o{i}", f"k{i}", 10 + i, ["p000", "p001"]) for i in range(60)]
    rows.append(("old", "gone", 500, ["p002"]))
    tables = recommend(
        scratch(order_items=order_items(rows), products=products(4, 2)), AS_OF, PARAMS
    )
    assert "gone" not in tables["recommendations"].column("customer_id").to_pylist()
