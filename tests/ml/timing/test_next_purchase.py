"""Dates of next purchases lie ahead, come true in the middle, and beat what is simple."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.timing.hazard import Hazard, days_until_next, features_at, mean_gap
from crm_tasks.ml.timing.next_purchase import TimingParams, next_purchases
from crm_tasks.ml.value.histories import PurchaseDays

FIRST = dt.date(2024, 1, 1)
END = 300
PARAMS = TimingParams(judgement=JudgementParams(resamples=100))


def company(n: int, days: int, seed: int = 2) -> PurchaseDays:
    """Return customers of whom some buy weekly, some monthly, and some stop."""
    rng = np.random.default_rng(seed)
    gap = rng.choice([6.0, 15.0, 40.0], n)
    start, stop = rng.uniform(0, 100, n), rng.uniform(100, 100 + 1.5 * days, n)
    moments = start[:, None] + np.cumsum(rng.gamma(2.0, gap[:, None] / 2, (n, 90)), axis=1)
    who, which = np.nonzero((moments < days) & (moments < stop[:, None]))
    key = np.unique(who * 10_000 + moments[who, which].astype(np.int64))
    who, day = np.divmod(key, 10_000)
    ids, customer = np.unique(who, return_inverse=True)
    names = pa.array([f"c{one:05d}" for one in ids], pa.string())
    return PurchaseDays(names, customer.astype(np.int64), day, np.ones(len(day)), FIRST)


@pytest.fixture(scope="module")
def days() -> PurchaseDays:
    return company(900, END + 90)


@pytest.fixture(scope="module")
def found(days: PurchaseDays):
    return next_purchases(days, FIRST + dt.timedelta(days=END), PARAMS)


def answers(found, target: str) -> pa.Table:
    return found.predictions.filter(pc.equal(found.predictions.column("target"), target))


def test_every_date_is_the_as_of_date_or_later_and_says_the_same_as_the_days(found) -> None:
    check_rows(PREDICTIONS, found.predictions)
    rows = answers(found, "next_purchase_date").to_pylist()
    as_of = FIRST + dt.timedelta(days=END)
    assert len(rows) > 800
    for row in rows:
        date = dt.date.fromisoformat(row["value_label"])
        assert date - as_of == dt.timedelta(days=row["value"])
        assert date >= as_of
        assert row["p10"] <= row["value"] <= row["p90"]


def test_half_have_bought_by_their_date_and_probabilities_come_true(days, found) -> None:
    came = days_until_next(days, days.until(END), END + 90)
    dated = answers(found, "next_purchase_date")
    waits = dated.column("value").to_numpy()
    near = waits < 60
    assert (came[near] <= waits[near]).mean() == pytest.approx(0.5, abs=0.1)
    for rows in (dated, answers(found, "buys_within")):
        p = rows.column("probability").to_numpy()
        gaps = [abs(p[i].mean() - (came[i] < 30).mean()) for i in np.array_split(np.argsort(p), 5)]
        assert np.mean(gaps) < 0.05


def test_the_forest_of_dates_is_published_as_the_loser_it_is(found) -> None:
    rows = {(r["target"], r["candidate"]): r for j in found.judgements for r in j.rows}
    assert rows["next_purchase_date", "random_forest_date"]["verdict"] == "worse"
    assert rows["next_purchase_date", "hazard"]["verdict"] == "better"
    assert rows["buys_within:30d", "random_forest"]["verdict"] == "better"
    status = {(card.target, card.family): card.status for card in found.cards}
    assert status == {
        ("next_purchase_date", "hazard"): "champion",
        ("next_purchase_date", "own_gap"): "challenger",
        ("next_purchase_date", "random_forest_date"): "challenger",
        ("buys_within:30d", "base_rate"): "challenger",
        ("buys_within:30d", "hazard"): status["buys_within:30d", "hazard"],
        ("buys_within:30d", "random_forest"): status["buys_within:30d", "random_forest"],
    }


def test_each_question_is_answered_by_the_champion_of_its_judgement(found) -> None:
    assert_consistent(found)
    assert len(found.artifacts) == 2


def test_where_no_method_is_better_the_naive_ones_answer_and_are_registered() -> None:
    steady = lottery(300, END)
    found = next_purchases(steady, FIRST + dt.timedelta(days=END), PARAMS)
    assert found.judgements[1].champion == "base_rate"
    assert_consistent(found)


def assert_consistent(found) -> None:
    """Assert that rows, registry and artifacts name the champions the judgements made."""
    champions = {card.target: card for card in found.cards if card.status == "champion"}
    for judged in found.judgements:
        target = judged.rows[0]["target"]
        better = {row["candidate"] for row in judged.rows if row["is_champion"]}
        assert better in ({judged.champion}, set())
        assert all(row["ci_low"] > 0 for row in judged.rows if row["is_champion"])
        card = champions[target]
        assert card.family == judged.champion
        rows = answers(found, target.split(":")[0])
        assert set(rows["model_version"].to_pylist()) == {card.version}
        kept = found.artifacts[card.version]
        assert Artifact.from_bytes(kept.to_bytes()).digest == card.parameters_sha256


def lottery(n: int, days: int) -> PurchaseDays:
    """Return customers who buy by lot on every day alike: nothing of the past tells who will."""
    who, day = np.nonzero(np.random.default_rng(4).random((n, days)) < 0.02)
    ids, customer = np.unique(who, return_inverse=True)
    names = pa.array([f"c{one:05d}" for one in ids], pa.string())
    return PurchaseDays(names, customer.astype(np.int64), day, np.ones(len(day)), FIRST)


def test_what_comes_later_changes_nothing_that_is_said(days, found) -> None:
    keep = days.day < END
    cut = PurchaseDays(days.ids, days.customer[keep], days.day[keep], days.amount[keep], FIRST)
    again = next_purchases(cut, FIRST + dt.timedelta(days=END), PARAMS)
    assert again.predictions.equals(found.predictions)
    assert [card.version for card in again.cards] == [card.version for card in found.cards]


def test_survival_falls_and_a_constant_hazard_is_recovered() -> None:
    rng = np.random.default_rng(1)
    until = rng.geometric(0.2, 20_000) * 7.0 - 3
    features = rng.normal(size=(20_000, 7))
    hazard = Hazard.fit(features, until, 70, 200_000)
    left = hazard.survival(features[:50], 20)
    assert (np.diff(left, axis=1) < 0).all()
    assert left[:, 4] == pytest.approx(0.8**5, abs=0.04)
    assert hazard.p_within(features[:50], 21) == pytest.approx(1 - left[:, 2])
    early, late = hazard.days_at(features[:50], (0.1, 0.9), 365)
    assert (early <= late).all()


def test_gaps_and_waits_are_counted_by_hand() -> None:
    ids = pa.array(["a", "b"])
    who, day = np.array([0, 0, 0, 1]), np.array([0, 4, 10, 2])
    days = PurchaseDays(ids, who, day, np.ones(4), FIRST)
    seen = days.until(8)
    assert mean_gap(seen).tolist() == [4, 4]  # the newcomer's is that of all together
    assert days_until_next(days, seen, 20).tolist() == [2, np.inf]
    assert features_at(days, seen).shape == (2, 7)


@pytest.mark.parametrize("end", [0, 5, 100])
def test_a_young_company_waits_its_own_gap_and_says_why(end: int) -> None:
    young = company(30, max(end, 1))
    found = next_purchases(young, FIRST + dt.timedelta(days=end), PARAMS)
    rows = check_rows(PREDICTIONS, found.predictions)
    assert {card.family for card in found.cards} <= {"own_gap"}
    registered = {card.version for card in found.cards if card.status == "champion"}
    assert set(rows.column("model_version").to_pylist()) == registered
    assert all(value >= 0 for value in rows.column("value").to_pylist())
    assert {(r["verdict"], bool(r["reason"])) for j in found.judgements for r in j.rows} == {
        ("not_judged", True),
    }  # fmt: skip
