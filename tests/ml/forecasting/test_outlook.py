"""Thirty dated future steps per series, by a method that beat the naive one, or by that."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pyarrow.compute as pc
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml_outlook import FORECASTS
from crm_tasks.ml.forecasting.backtest import Backtest, ForecastParams, origins_of
from crm_tasks.ml.forecasting.champions import CHOSEN, contest
from crm_tasks.ml.forecasting.methods import NAIVE
from crm_tasks.ml.forecasting.outlook import forecast_outlook
from crm_tasks.ml.forecasting.series import Series
from crm_tasks.ml.judgement import JudgementParams

FIRST = dt.date(2024, 1, 1)
PARAMS = ForecastParams(calibration_origins=3, selection_origins=1)
JUDGING = JudgementParams(resamples=200)
WEEK = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.8])


def series(name: str, level: str, metric: str, values: np.ndarray, step: int = 1) -> Series:
    return Series(name, level, metric, FIRST, step, 7 if step == 1 else 1, 0, values)


def company(noise: float, n: int = 190) -> list[Series]:
    rng = np.random.default_rng(4)
    made = []
    for number in range(4):
        level = 20.0 * (number + 1)
        week = np.resize(WEEK, n)
        for metric, price in (("units", 1.0), ("net_amount", 3.1)):
            values = price * level * np.maximum(week + rng.normal(0, noise, n), 0)
            name, kind = ("all", "all") if number == 3 else (f"category:{number}", "category")
            made.append(series(name, kind, metric, values))
    return made


@pytest.fixture(scope="module")
def found():
    return forecast_outlook(company(0.3), FIRST + dt.timedelta(days=190), "EUR", PARAMS, JUDGING)


def test_rows_are_thirty_days_from_the_as_of_date_on(found) -> None:
    rows = check_rows(FORECASTS, found.forecasts)
    assert rows.num_rows == 8 * 30
    first = FIRST + dt.timedelta(days=190)
    one = [row for row in rows.to_pylist() if (row["series_id"], row["metric"]) == ("all", "units")]
    assert [row["target_date"] for row in one] == [first + dt.timedelta(days=k) for k in range(30)]
    assert {row["currency_code"] for row in one} == {None}
    assert pc.min(rows.column("target_date")).as_py() == first


def test_bands_are_nested_and_not_below_zero(found) -> None:
    told = {name: found.forecasts.column(name).to_numpy() for name in
            ("lo95", "lo80", "yhat", "hi80", "hi95")}  # fmt: skip
    ordered = list(told.values())
    assert all((low <= high).all() for low, high in pairwise(ordered))
    assert min(told["lo95"]) >= 0


def test_methods_are_judged_where_they_were_not_chosen_and_losers_are_published(found) -> None:
    rows = {(r["target"], r["candidate"]): r for j in found.judgements for r in j.rows}
    assert {candidate for target, candidate in rows if target == "forecast:units"} == {
        "ets", "theta", CHOSEN,
    }  # fmt: skip
    assert ("forecast:all:units", "sarima") in rows
    assert rows["forecast:units", CHOSEN]["verdict"] == "better"
    for card in found.cards:
        assert card.family == CHOSEN
        assert card.figures["mase"].value < 1
        assert card.figures["coverage_80"].value == pytest.approx(0.8, abs=0.1)
    one = contest(company(0.3)[0], PARAMS)
    assert set(one.origins.calibration).isdisjoint(one.origins.selection)
    assert max(one.origins.selection) + one.origins.steps // 2 <= min(one.origins.calibration)


def test_a_walk_that_nothing_foretells_stays_with_the_naive_method() -> None:
    rng = np.random.default_rng(9)
    walks = [series(f"category:{k}", "category", metric, 500 + np.cumsum(rng.normal(0, 1, 220)), 7)
             for k in range(4) for metric in ("units", "net_amount")]  # fmt: skip
    found = forecast_outlook(walks, FIRST + dt.timedelta(days=1540), "EUR", PARAMS, JUDGING)
    assert {row["method"] for row in found.forecasts.to_pylist()} == {NAIVE}
    assert {card.family for card in found.cards} == {NAIVE}


def test_a_young_series_is_naive_without_a_band_and_says_why() -> None:
    young = [
        series("all", "all", metric, np.resize(WEEK, 20)) for metric in ("units", "net_amount")
    ]
    found = forecast_outlook(young, FIRST + dt.timedelta(days=20), "EUR", PARAMS, JUDGING)
    rows = check_rows(FORECASTS, found.forecasts)
    assert set(rows.column("method").to_pylist()) == {NAIVE}
    assert rows.column("lo80").null_count == rows.num_rows == 60
    reasons = {(r["verdict"], bool(r["reason"])) for j in found.judgements for r in j.rows}
    assert reasons == {("not_judged", True)}


def test_a_company_without_a_sale_has_no_forecast() -> None:
    found = forecast_outlook([], FIRST, "EUR", PARAMS, JUDGING)
    assert (found.forecasts.num_rows, found.cards) == (0, ())


def test_the_same_series_give_the_same_rows(found) -> None:
    again = forecast_outlook(company(0.3), FIRST + dt.timedelta(days=190), "EUR", PARAMS, JUDGING)
    assert again.forecasts.equals(found.forecasts)
    assert [card.version for card in again.cards] == [card.version for card in found.cards]


def test_a_trial_knows_nothing_of_what_came_after() -> None:
    one = company(0.3)[0]
    origin = origins_of(len(one.values), 7, PARAMS).calibration[0]
    changed = one.values.copy()
    changed[origin:] = 9_999
    other = series(one.series_id, one.level, one.metric, changed)
    for method in ("seasonal_naive", "ets", "theta"):
        said = [Backtest(each, 30).trial(method, origin) for each in (one, other)]
        assert said[0].path.mean.tolist() == said[1].path.mean.tolist()
        assert said[0].scale == said[1].scale
