"""Planted tastes and prices are found out of time; without any, the naive method answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.cards import metric_rows, model_rows
from crm_tasks.ml.choices import baskets as module
from crm_tasks.ml.choices.candidates import MEDIAN, POPULAR, fit_categories, fit_prices
from crm_tasks.ml.choices.choose import CATEGORY, PRICE, choose
from crm_tasks.ml.choices.params import ChoiceParams
from crm_tasks.ml.choices.rows import prediction_rows
from crm_tasks.ml.judgement import JudgementParams, comparison_table

FIRST, AS_OF = dt.date(2024, 1, 1), dt.date(2024, 7, 1)
CATEGORIES = ("bread", "cheese", "fruit", "paper", "wine")
PARAMS = ChoiceParams(
    horizon_days=30, history_days=30, first=1, kernel_cases_at_most=300,
    judgement=JudgementParams(resamples=100, origins_at_most=2),
)  # fmt: skip


def shop(n_customers=160, loyalty=0.8, seed=3):
    """Return frames of customers who buy from their own category so often, at their own price."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n_customers):
        own = number % 5
        price = 1.0 + 3 * (number % 7) if loyalty else 2.0
        for day in range(int(rng.integers(0, 9)), (AS_OF - FIRST).days, 9):
            category = own if rng.random() < loyalty else int(rng.integers(5))
            moment = dt.datetime.combine(FIRST, dt.time(12)) + dt.timedelta(days=day)
            amount = round(price * float(rng.uniform(0.9, 1.1)) * 2, 2)
            rows.append((f"o{number}-{day}", f"c{number:03d}", f"p{category}", moment, 2, amount))
    order, customer, product, moment, quantity, amount = zip(*rows, strict=True)
    names = pa.array([f"c{number:03d}" for number in range(n_customers)])
    none = pa.nulls(n_customers, pa.bool_())
    return {
        "customers": pa.table({"customer_id": names, "is_erased": none, "is_deleted": none}),
        "items": pa.table({
            "order_id": order, "customer_id": customer, "product_id": product,
            "ordered_at": pa.array(moment, pa.timestamp("us")), "quantity": quantity,
            "net_amount": pa.array(amount).cast(pa.decimal128(18, 2)),
            "is_countable": [True] * len(rows),
        }),
        "products": pa.table({
            "product_id": [f"p{n}" for n in range(5)], "category_l1": ["food"] * 5,
            "category_l2": CATEGORIES,
        }),
    }  # fmt: skip


@pytest.fixture
def chosen(scratch):
    def make(frames, params=PARAMS):
        return choose(module.Baskets(scratch(**frames), "UTC"), AS_OF, "code", params)

    return make


def test_own_taste_and_own_price_beat_what_is_usual(chosen):
    found = chosen(shop())
    champions = {judged.rows[0]["target"]: judged.champion for judged in found.judgements}
    assert champions[CATEGORY] in {"own_history", "linear_svc", "svc"}
    assert champions[PRICE] in {"own_median", "svr"}
    candidates = {(row["target"], row["candidate"]) for j in found.judgements for row in j.rows}
    assert candidates == {
        (CATEGORY, "own_history"), (CATEGORY, "linear_svc"), (CATEGORY, "svc"),
        (PRICE, "own_median"), (PRICE, "svr"),
    }  # fmt: skip
    rows = check_rows(find_table("ml.predictions"), found.rows).to_pandas()
    named = rows[rows["target"] == CATEGORY]
    own = named["customer_id"].str[1:].astype(int) % 5
    assert (named["value_label"] == own.map(dict(enumerate(CATEGORIES)))).mean() > 0.95
    prices = rows[rows["target"] == PRICE]
    true = 1.0 + 3 * (prices["customer_id"].str[1:].astype(int) % 7)
    assert (prices["value"] / true - 1).abs().median() < 0.1
    assert ((prices["p10"] < true) & (true < prices["p90"])).mean() > 0.8
    check_rows(find_table("ml.models"), model_rows(found.cards, AS_OF))
    check_rows(find_table("ml.model_metrics"), metric_rows(found.cards, AS_OF))
    check_rows(find_table("ml.model_comparisons"), comparison_table(found.judgements, AS_OF, AS_OF))


def test_without_any_taste_the_most_popular_answers(chosen):
    found = chosen(shop(loyalty=0.0))
    champions = {judged.rows[0]["target"]: judged.champion for judged in found.judgements}
    assert champions == {CATEGORY: POPULAR, PRICE: MEDIAN}


def test_the_same_facts_give_the_same_rows_and_versions(chosen):
    one, other = chosen(shop(60)), chosen(shop(60))
    assert one.rows.equals(other.rows)
    assert [card.version for card in one.cards] == [card.version for card in other.cards]


def test_too_little_history_is_not_judged_and_nothing_said(chosen):
    frames = shop(20)
    found = chosen(frames)
    assert {row["verdict"] for j in found.judgements for row in j.rows} == {"not_judged"}
    assert found.rows.num_rows == 0


def test_what_comes_later_changes_no_taste(scratch):
    origin = dt.date(2024, 5, 1)
    frames = shop(40)
    start = dt.datetime.combine(origin, dt.time())
    cut = frames | {"items": frames["items"].filter(pc.less(frames["items"]["ordered_at"], start))}
    whole, without = (
        module.Baskets(scratch(**one), "UTC").tastes(origin, 30, CATEGORIES)
        for one in (frames, cut)
    )
    assert whole.counts.tolist() == without.counts.tolist()
    assert whole.prices.tolist() == without.prices.tolist()
    assert (whole.category >= 0).sum() > 20
    assert (without.category == -2).all()


def test_the_main_category_is_the_one_most_was_paid_for(scratch):
    frames = shop(5)
    items = frames["items"].slice(0, 3).to_pylist()
    for row, product, amount in zip(items, ("p0", "p1", "p2"), (2.0, 9.0, 4.0), strict=True):
        row |= {"order_id": "o", "customer_id": "c000", "product_id": product}
        row["net_amount"] = type(row["net_amount"])(str(amount))
    frames["items"] = pa.Table.from_pylist(items, schema=frames["items"].schema)
    day = items[0]["ordered_at"].date() + dt.timedelta(days=60)
    made = module.Baskets(scratch(**frames), "UTC").tastes(day, 1, CATEGORIES)
    assert made.counts.tolist() == [[0, 1, 0, 0, 0]]
    assert made.prices[0, 0] == pytest.approx(15 / 6)  # a unit: all that was paid by all units


def test_only_the_machine_that_answers_is_fitted_again(scratch):
    tastes = module.Baskets(scratch(**shop(60)), "UTC").tastes(dt.date(2024, 6, 1), 30, CATEGORIES)
    assert "svc" not in fit_categories(tastes, CATEGORIES, PARAMS, only="own_history")
    assert set(fit_categories(tastes, CATEGORIES, PARAMS, only="svc")) == {
        POPULAR,
        "own_history",
        "svc",
    }


def test_rows_of_what_is_next_fit_the_contract():
    rows = prediction_rows("need", pa.array(["a"]), AS_OF, {"value_label": "price",
                                                             "model_version": "v"})  # fmt: skip
    (row,) = check_rows(find_table("ml.predictions"), rows).to_pylist()
    assert (row["prediction_id"], row["value_label"], row["value"]) == ("a:need:0", "price", None)


def test_what_answers_is_kept_and_answers_the_same_when_read_back(chosen, scratch):
    found = chosen(shop(120))
    champions = {card.version: card for card in found.cards if card.status == "champion"}
    assert set(found.artifacts) == set(champions) == set(found.rows["model_version"].to_pylist())
    made = module.Baskets(scratch(**shop(120)), "UTC")
    for fit in (fit_categories, fit_prices):
        train = made.tastes(dt.date(2024, 6, 1), 30, CATEGORIES)
        about = (CATEGORIES, PARAMS) if fit is fit_categories else (PARAMS,)
        for one in fit(train, *about).values():
            again = Artifact.from_bytes(one.artifact.to_bytes(), one.artifact.digest)
            assert np.array_equal(replace(one, artifact=again).answer(train), one.answer(train))
