"""Planted anomalies are found, each with reasons that add up, whatever the order of rows."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml import PREDICTION_REASONS, PREDICTIONS
from crm_tasks.ml.anomalies.find import UNUSUAL, find_anomalies
from crm_tasks.ml.anomalies.histories import histories_at
from crm_tasks.ml.anomalies.judged import ISOLATION_FOREST, NAIVE, OWN_HISTORY
from crm_tasks.ml.anomalies.params import AnomalyParams
from crm_tasks.ml.anomalies.surprise import against_everybody
from crm_tasks.ml.judgement import JudgementParams

AS_OF, DAYS, WINDOW = dt.date(2024, 9, 1), 400, 56
N, KINDS = 1500, ("burst", "dear", "returns", "bulk", "silence")
PARAMS, JUDGING = AnomalyParams(), JudgementParams(resamples=60)


@cache
def company(seed, n=N):
    """Return orders of ``n`` customers and who of them (1 %) was made unusual, and how.

    Rates, amounts and basket sizes differ fiftyfold between customers, and all buy more in the
    last weeks: neither is an anomaly. Silent are only regular buyers.
    """
    rng = np.random.default_rng(seed)
    gap = rng.choice([4, 10, 25], n)
    size, price = rng.lognormal(0.7, 0.8, n) + 1, rng.lognormal(3, 1, n)
    unusual = {int(c): KINDS[k % 5] for k, c in enumerate(rng.permutation(n)[: n // 100])}
    for customer, kind in unusual.items():
        gap[customer] = 4 if kind == "silence" else 10
    rows = []
    for customer in range(n):
        kind = unusual.get(customer)
        n_orders = 2 * DAYS // gap[customer] + 9
        day = np.cumsum(rng.exponential(gap[customer], n_orders)).astype(int)
        day = day[day < DAYS]
        extra = rng.random(len(day)) < 0.2
        day = np.concatenate([day, day[extra & (day >= DAYS - WINDOW)]])
        if kind == "burst":
            day = np.concatenate([day, rng.integers(DAYS - WINDOW, DAYS, 25)])
        if kind == "silence":
            day = day[day < DAYS - WINDOW]
        late = day >= DAYS - WINDOW
        items = np.maximum(rng.poisson(size[customer], len(day)), 1) * np.where(
            late & (kind == "bulk"), 6, 1
        )
        amount = price[customer] * items * rng.lognormal(0, 0.3, len(day))
        amount *= np.where(late & (kind == "dear"), 6, 1)
        back = np.where(rng.random(len(day)) < 0.05, 0.5, 0.0)
        back = np.where(late & (kind == "returns"), 0.8, back)
        rows.append((np.full(len(day), customer), day, items, amount, back))
    return table(*(np.concatenate(parts) for parts in zip(*rows, strict=True))), unusual


def table(customer, day, items, amount, back):
    money = pa.decimal128(18, 2)

    def cents(values):
        return pa.array(np.round(values, 2)).cast(money, safe=False)

    first = np.datetime64(AS_OF) - DAYS
    moment = (first + day).astype("datetime64[us]") + np.timedelta64(12, "h")
    return pa.table({
        "customer_id": np.char.mod("c%05d", customer), "ordered_at": pa.array(moment),
        "gross_amount": cents(amount),
        "discount_amount": cents(amount * 0), "return_amount": cents(amount * back),
        "count_items": pa.array(items.astype(np.int64)),
    })  # fmt: skip


@pytest.fixture
def found_in(scratch):
    def find(orders, params=PARAMS):
        return find_anomalies(scratch(orders=orders), AS_OF, "UTC", params, JUDGING)

    return find


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_anomalies_are_what_is_flagged_and_their_kind_is_the_first_reason(found_in, seed):
    orders, unusual = company(seed)
    found = found_in(orders)
    given = check_rows(PREDICTIONS, found.predictions)
    flagged = given.filter(pc.equal(given["value_label"], UNUSUAL))
    names = {f"c{customer:05d}": kind for customer, kind in unusual.items()}
    hits = [one for one in flagged["customer_id"].to_pylist() if one in names]
    assert flagged.num_rows == int(0.01 * given.num_rows) >= 10
    assert len(hits) / flagged.num_rows >= 0.6
    assert found.judgement.champion == OWN_HISTORY

    reasons = check_rows(PREDICTION_REASONS, found.reasons).to_pandas()
    first = reasons[reasons["rank"] == 1].set_index("prediction_id")["feature"]
    fits = {"burst": "n_orders", "silence": "n_orders", "dear": "price_per_item",
            "returns": "return_share", "bulk": "items_per_order"}  # fmt: skip
    assert np.mean([first[f"{one}:anomaly:0"] == fits[names[one]] for one in hits]) > 0.8


def test_the_naive_method_finds_fewer(scratch):
    orders, unusual = company(1)
    told = histories_at(scratch(orders=orders), AS_OF, "UTC", PARAMS)
    top = np.argsort(-against_everybody(told, PARAMS).score, kind="stable")[: len(told) // 100]
    names = {f"c{customer:05d}" for customer in unusual}
    ids = told.ids.to_pylist()
    assert np.mean([ids[place] in names for place in top]) < 0.5


def test_every_flag_has_reasons_that_add_up_in_words(found_in):
    found = found_in(company(1)[0])
    reasons = found.reasons.to_pandas()
    flagged = found.predictions.filter(pc.is_valid(found.predictions["value_label"])).to_pandas()
    summed = reasons.groupby("prediction_id")["contribution"].sum()
    assert set(summed.index) == set(flagged["prediction_id"])
    assert np.abs(summed[flagged["prediction_id"]].to_numpy() - flagged["value"]).max() < 1e-6
    texts = set(reasons["text_en"]) | set(reasons["text_zh"])
    assert not [text for text in texts if "nan" in text or "{" in text]
    assert reasons["text_en"].str.contains("usual for this customer").any()
    assert reasons["text_zh"].str.contains("该客户平常为").any()


def test_methods_are_judged_by_anomalies_put_in_the_losers_too(found_in):
    found = found_in(company(1)[0])
    rows = {row["candidate"]: row for row in found.judgement.rows}
    assert set(rows) == {OWN_HISTORY, ISOLATION_FOREST}
    assert rows[OWN_HISTORY]["verdict"] == "better"
    assert rows[OWN_HISTORY]["ci_low"] > 0
    assert [row["is_champion"] for row in rows.values()].count(True) == 1
    assert "may not answer" in rows[ISOLATION_FOREST]["reason"]
    assert {card.family: card.status for card in found.cards} == {
        OWN_HISTORY: "champion", NAIVE: "challenger",
    }  # fmt: skip


def test_the_order_of_rows_decides_nothing(found_in):
    orders, _ = company(1, 300)
    mixed = orders.take(pa.array(np.random.default_rng(0).permutation(orders.num_rows)))
    one, other = found_in(orders), found_in(mixed)
    assert one.predictions.equals(other.predictions)
    assert one.reasons.equals(other.reasons)
    assert [card.version for card in one.cards] == [card.version for card in other.cards]


def test_a_small_company_is_answered_naively_with_the_reason(found_in):
    found = found_in(company(1, 40)[0])
    assert found.judgement.champion == NAIVE
    assert "100 are needed" in found.judgement.rows[0]["reason"]
    assert found.reasons.num_rows == 0
    nothing = found_in(company(1, 40)[0].slice(0, 0))
    assert nothing.predictions.num_rows == nothing.reasons.num_rows == len(nothing.cards) == 0
