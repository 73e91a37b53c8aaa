"""What customers are worth: as known on a date, judged by what came after, naive where it must."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml_outlook import CLV
from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.value.histories import PurchaseDays, purchase_days
from crm_tasks.ml.value.judged import CANDIDATES
from crm_tasks.ml.value.model import ValueParams, fit_value, own_rate
from crm_tasks.ml.value.outlook import value_outlook
from crm_tasks.ml.value.ranking import FEATURES, features_at
from crm_tasks.ml.value.seasons import learn_clock, plain_clock
from crm_tasks.ml.value.worth import NEW_DAYS
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch

FIRST = dt.date(2022, 1, 3)
PARAMS, JUDGING = ValueParams(draws=60), JudgementParams(resamples=100)
DAYS = 730


def company(n: int, seed: int, days: int, speed: np.ndarray | None = None) -> PurchaseDays:
    """Return purchase days of customers who buy and leave as the modified model has it."""
    rng = np.random.default_rng(seed)
    clock = np.concatenate([[0.0], np.cumsum(np.ones(days) if speed is None else speed)])
    first = rng.uniform(0, 0.9 * DAYS, n)
    rate, leaving = rng.gamma(1.6, 1 / 77, n), rng.beta(1.3, 9.0, n)
    gaps = rng.exponential(1 / rate[:, None], (n, 70))
    gaps[:, 0] = 0
    moments = np.interp(first, np.arange(days + 1), clock)[:, None] + np.cumsum(gaps, axis=1)
    bought = (np.arange(70) < rng.geometric(leaving)[:, None]) & (moments < clock[-1])
    who, which = np.nonzero(bought)
    day = np.interp(moments[who, which], clock, np.arange(days + 1)).astype(np.int64)
    nu = rng.gamma(4.0, 1 / 60, n)
    amount = rng.gamma(3.0, 1 / nu[who])
    key, place = np.unique(who * 10_000 + day, return_inverse=True)
    ids = pa.array([f"c{number:06d}" for number in range(n)])
    who, day = np.divmod(key, 10_000)
    return PurchaseDays(ids, who, day, np.bincount(place, amount).round(2), FIRST)


def as_of(days: int) -> dt.date:
    return FIRST + dt.timedelta(days=days)


@pytest.fixture(scope="module")
def level() -> PurchaseDays:
    return company(3_000, 3, DAYS + 365)


@pytest.fixture(scope="module")
def found(level: PurchaseDays):
    return value_outlook(level, as_of(DAYS), "EUR", PARAMS, JUDGING)


def test_days_are_the_companys_and_two_orders_of_a_day_are_one(tmp_path) -> None:
    at = np.array(["2024-03-01T23:30", "2024-03-02T01:00", "2024-03-01T09:00"], "datetime64[us]")
    orders = pa.table(
        {
            "customer_id": ["a", "a", "b"],
            "ordered_at": pa.array(at),
            "net_amount": pa.array([5, 2, None], pa.decimal128(18, 2)),
        }
    )
    with scratch(Home(tmp_path), "1GB", {"orders": orders}) as engine:
        here = purchase_days(engine, "Asia/Shanghai")
    assert (here.ids.to_pylist(), here.customer.tolist()) == (["a", "b"], [0, 1])
    assert (here.day.tolist(), here.amount.tolist()) == ([1, 0], [7.0, 0.0])
    assert here.first_day == dt.date(2024, 3, 1)


def test_what_is_known_by_a_day_is_counted_by_hand() -> None:
    ids = pa.array(["a", "b", "c"])
    who, day = np.array([0, 0, 0, 1, 2]), np.array([0, 4, 9, 3, 8])
    days = PurchaseDays(ids, who, day, np.array([10.0, 20, 40, 5, 7]), FIRST)
    seen = days.until(9)
    assert (seen.customer.tolist(), seen.x.tolist()) == ([0, 1, 2], [1, 0, 0])
    assert (seen.first.tolist(), seen.last.tolist()) == ([0, 3, 8], [4, 3, 8])
    assert (seen.total.tolist(), seen.mean.tolist()) == ([30, 5, 7], [20, 0, 0])
    assert seen.repeats_per_day.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert [one.tolist() for one in days.bought_between(8, 10)] == [[1, 0, 1], [40, 0, 7]]
    assert own_rate(seen, 30) == pytest.approx([30 / 9, 0, 0])


def test_what_comes_later_changes_nothing_that_is_said(level: PurchaseDays, found) -> None:
    cut = level.day < DAYS
    known = PurchaseDays(level.ids, level.customer[cut], level.day[cut], level.amount[cut], FIRST)
    again = value_outlook(known, as_of(DAYS), "EUR", PARAMS, JUDGING)
    assert again.clv.equals(found.clv)
    assert again.judged.purchases.rows == found.judged.purchases.rows
    assert [card.version for card in again.cards] == [card.version for card in found.cards]


def test_totals_and_probabilities_come_true(level: PurchaseDays, found) -> None:
    rows = check_rows(CLV, found.clv)
    seen = level.until(DAYS)
    bought, _ = level.bought_between(DAYS, DAYS + 90)
    bought = bought[seen.customer]
    expected = rows.column("expected_purchases_90d").to_numpy()
    assert expected.sum() == pytest.approx(bought.sum(), rel=0.08)
    p = rows.column("p_buys_90d").to_numpy()
    gaps = [abs(p[i].mean() - (bought[i] > 0).mean()) for i in np.array_split(np.argsort(p), 10)]
    assert np.mean(gaps) < 0.04


def test_the_model_beats_their_own_rate_and_says_so(found) -> None:
    assert {row["verdict"] for row in found.judged.purchases.rows} == {"better"}
    assert found.method == found.judged.champion
    figures = found.judged.figures[found.method]
    assert figures["ece"].value < 0.04
    assert figures["total_ratio"].low < 1 < figures["total_ratio"].high
    names = {card.family: card for card in found.cards}
    assert names.keys() == {*CANDIDATES, "boosted"}
    assert names[found.method].status == "champion"
    assert names["boosted"].features == FEATURES


def test_drawn_futures_agree_with_the_expectation(level: PurchaseDays) -> None:
    seen = level.until(DAYS)
    model = fit_value(seen, 0, PARAMS, "mbg_nbd", ahead=365)
    assert model is not None
    drawn = model.drawn_values(seen, 365, 60, np.random.default_rng(1)).mean()
    expected = (model.expected_purchases(seen, 365) * model.expected_value(seen)).mean()
    assert drawn == pytest.approx(expected, rel=0.03)


def test_intervals_hold_what_was_paid_and_ranks_follow_the_value(
    level: PurchaseDays, found
) -> None:
    low, high, value = (
        found.clv.column(name).to_numpy() for name in ("clv_p10", "clv_p90", "clv_365d")
    )
    assert (low <= high).all()
    seen = level.until(DAYS)
    paid = level.bought_between(DAYS, DAYS + 365)[1][seen.customer]
    assert 0.78 < ((low <= paid) & (paid <= high)).mean() < 0.92  # who pays nothing is a point
    is_new = found.clv.column("T").to_numpy() < NEW_DAYS
    assert found.clv.column("is_new").to_pylist() == is_new.tolist()
    assert spearmanr(found.clv.column("value_rank").to_numpy(), -value).statistic > 0.999
    assert found.clv.column("boosted_rank").null_count == 0


def test_the_calendar_is_learned_where_the_year_was_seen_and_extrapolates() -> None:
    day = np.arange(DAYS + 180)
    speed = (1 + 0.15 * day / 365) * (1 + 0.3 * np.cos(2 * np.pi * (day - 340) / 365))
    speed /= speed.mean()
    days = company(9_000, 8, len(day), speed)
    seen = days.until(DAYS)
    model = fit_value(seen, days.weekday_of_first, PARAMS, "mbg_nbd", ahead=365)
    assert model is not None
    assert not model.clock.is_plain
    bought, _ = days.bought_between(DAYS, DAYS + 180)
    expected = model.expected_purchases(seen, 180).sum()
    assert expected == pytest.approx(bought[seen.customer].sum(), rel=0.04)
    plain = fit_value(days.until(500), days.weekday_of_first, PARAMS, "mbg_nbd", ahead=365)
    assert plain is not None
    assert plain.clock.is_plain


def test_a_plain_clock_is_the_calendar_itself() -> None:
    assert plain_clock(3).reading.tolist() == [0, 1, 2, 3]
    few = learn_clock(np.array([0, 1]), np.ones(700), 10, 0, lambda _: pytest.fail("needless fit"))
    assert few.is_plain


@pytest.mark.parametrize("days", [20, 100])
def test_a_young_company_gets_its_own_rate_and_a_reason(days: int) -> None:
    young = company(60, 5, DAYS)
    keep = young.day < days
    young = PurchaseDays(
        young.ids, young.customer[keep], young.day[keep], young.amount[keep], FIRST
    )
    found = value_outlook(young, as_of(days), "EUR", PARAMS, JUDGING)
    check_rows(CLV, found.clv)
    assert found.method == "own_rate"
    assert found.clv.column("p_alive").null_count == found.clv.num_rows > 0
    verdicts = {(row["verdict"], bool(row["reason"])) for row in found.judged.purchases.rows}
    assert verdicts == {("not_judged", True)}
    assert found.cards == ()


def test_a_company_without_a_purchase_has_no_rows() -> None:
    nobody = PurchaseDays(
        pa.array([], pa.string()), *(np.empty(0, np.int64),) * 2, np.empty(0), FIRST
    )
    found = value_outlook(nobody, as_of(0), "EUR", PARAMS, JUDGING)
    assert check_rows(CLV, found.clv).num_rows == 0


def test_features_are_as_of_the_day(level: PurchaseDays) -> None:
    seen = level.until(400)
    columns = dict(zip(FEATURES, features_at(level, seen).T, strict=True))
    assert (columns["days_since_last"] > 0).all()
    assert (columns["amount_90d"] <= columns["total_amount"] + 1e-9).all()
    assert (columns["purchases_30d"] <= columns["purchases_90d"]).all()
