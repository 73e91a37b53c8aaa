"""The forest of demand learns shapes of weeks from the past only, judged beside the naive."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.ml.forecasting.backtest import ForecastParams
from crm_tasks.ml.forecasting.champions import contest
from crm_tasks.ml.forecasting.demand import FEATURES, features_at, judge_demand
from crm_tasks.ml.judgement import JudgementParams
from tests.ml.forecasting.test_outlook import PARAMS, company, series

JUDGING = JudgementParams(resamples=100)


def test_features_are_by_the_level_and_of_the_right_weekday() -> None:
    values = np.resize(np.array([1.0, 2, 3, 4, 5, 6, 7]), 70)
    told, level = features_at(values, 63, 9)
    assert level == 4
    columns = dict(zip(FEATURES, told.T, strict=True))
    assert (columns["weekday_4w"] * level).tolist() == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    assert columns["step"].tolist() == list(range(9))
    grown, _ = features_at(10 * values, 63, 9)
    assert grown == pytest.approx(told)


def test_a_noisy_week_is_forecast_better_than_by_its_last_repeat() -> None:
    units = [one for one in company(0.3) if one.metric == "units"]
    found = judge_demand([contest(one, PARAMS) for one in units], JUDGING)
    (row,) = found.rows
    assert (row["target"], row["candidate"], row["verdict"]) == (
        "demand:units", "random_forest", "better",
    )  # fmt: skip


def test_what_came_in_the_judged_period_teaches_nothing() -> None:
    one = next(each for each in company(0.3) if each.metric == "units")
    first = min(contest(one, PARAMS).origins.calibration)
    changed = one.values.copy()
    changed[first:] = 0.0
    other = series(one.series_id, one.level, one.metric, changed)
    told = [judge_demand([contest(each, PARAMS)], JUDGING).rows[0]["candidate_value"]
            for each in (one, one, other)]  # fmt: skip
    assert told[0] == told[1] != told[2]


def test_a_young_series_is_not_judged_and_says_why() -> None:
    young = series("all", "all", "units", np.arange(40.0))
    (row,) = judge_demand([contest(young, ForecastParams())], JUDGING).rows
    assert row["verdict"] == "not_judged"
    assert "far enough" in row["reason"]
