"""All forecasts in one call: series, contests, judgements, bands, and the rows of ml.forecasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml_outlook import FORECASTS
from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.code import code_version
from crm_tasks.ml.forecasting.backtest import ForecastParams, bounded
from crm_tasks.ml.forecasting.champions import (
    CHOSEN,
    Contest,
    bands_of,
    contest,
    judge_methods,
    measured_coverage,
)
from crm_tasks.ml.forecasting.methods import NAIVE, MethodFailed, Path, forecast
from crm_tasks.ml.forecasting.series import METRICS, Series

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.ml.forecasting.bands import Bands
    from crm_tasks.ml.judgement import Interval, Judgement, JudgementParams

DECIMALS = 4


@dataclass(frozen=True, eq=False)
class ForecastOutlook:
    """What the step of forecasts writes, and the share of days its bands were found to hold."""

    forecasts: pa.Table
    judgements: tuple[Judgement, ...]
    cards: tuple[ModelCard, ...]
    coverage: Mapping[str, Mapping[str, Interval]]


def forecast_outlook(
    series: Sequence[Series],
    as_of: dt.date,
    currency_code: str,
    params: ForecastParams,
    judging: JudgementParams,
) -> ForecastOutlook:
    """Return thirty dated steps of every series, by the method that may answer."""
    contests = [contest(one, params) for one in series]
    judged = {metric: judge_methods(contests, metric, judging) for metric in METRICS}
    # Choosing per series must itself have beaten the naive method, or the naive method answers.
    answers = {one.key: one.chosen if judged[one.backtest.series.metric][0].champion == CHOSEN
               else NAIVE for one in contests}  # fmt: skip
    bands = bands_of(contests, answers, params)
    rows: list[dict[str, Any]] = []
    for one in contests:
        rows += _rows(one, answers[one.key], bands[one.kind], params, currency_code)
    coverage = {metric: measured_coverage(contests, answers, params, judging, metric)
                for metric in METRICS}  # fmt: skip
    table = pa.Table.from_pylist(
        [row | {"as_of_date": as_of} for row in rows], schema=FORECASTS.arrow_schema
    )
    cards = tuple(
        _card(judged[metric][0], own, answers, coverage[metric], params, as_of)
        for metric in METRICS
        if (own := [one for one in contests if one.backtest.series.metric == metric])
    )
    judgements = tuple(one for pair in judged.values() for one in pair)
    return ForecastOutlook(table, judgements, cards, coverage)


def _rows(
    one: Contest, method: str, bands: Bands | None, params: ForecastParams, currency_code: str
) -> list[dict[str, Any]]:
    series = one.backtest.series
    method, path = _path(series, method, params.steps + series.lead)
    error = one.error(method)
    told = {
        "series_id": series.series_id, "level": series.level, "metric": series.metric,
        "step_days": series.step_days, "method": method,
        "currency_code": currency_code if series.metric == "net_amount" else None,
        "mase_backtest": None if error is None else round(error, DECIMALS),
    }  # fmt: skip
    least = 0.0 if series.values.min() >= 0 else -np.inf
    ends = {}
    for level in params.levels:
        low, high = (None, None) if bands is None else bands.around(one.key, path, level)
        name = f"{round(100 * level)}"
        ends[f"lo{name}"] = None if low is None else np.maximum(low, least)
        ends[f"hi{name}"] = high
    return [
        told | {
            "step": step + 1,
            "target_date": series.date_of(len(series.values) + place),
            "yhat": round(float(path.mean[place]), DECIMALS),
            **{name: None if end is None else round(float(end[place]), DECIMALS)
               for name, end in ends.items()},
        }
        for step, place in enumerate(range(series.lead, series.lead + params.steps))
    ]  # fmt: skip


def _path(series: Series, method: str, steps: int) -> tuple[str, Path]:
    """Return the method that answered and its forecast; the naive one never fails."""
    try:
        path = forecast(method, series.values, series.period, steps)
    except MethodFailed:
        method, path = NAIVE, forecast(NAIVE, series.values, series.period, steps)
    return method, bounded(path, series.values)


def _card(
    judged: Judgement,
    contests: Sequence[Contest],
    answers: Mapping[str, str],
    coverage: Mapping[str, Interval],
    params: ForecastParams,
    as_of: dt.date,
) -> ModelCard:
    """Return the card of one metric: how its series are forecast."""
    own = {one.key: one for one in contests}
    metric = contests[0].backtest.series.metric
    values = [one.backtest.series.values.round(DECIMALS) for one in own.values()]
    told = asdict(params) | {"methods": {key: answers[key] for key in own}}
    answering = CHOSEN if judged.champion == CHOSEN else NAIVE
    figures = dict(coverage)
    if answering in judged.values:
        figures["mase"] = judged.values[answering]
    digest = parameters_digest(values)
    return ModelCard(
        target=f"forecast:{metric}", family=answering, status="champion",
        # Methods are estimated anew from the series: data, code and settings decide everything.
        parameters_sha256=parameters_digest([told, digest]), hyperparameters=told,
        features=("own_past",), code_sha=code_version("forecasting"), data_hash=digest,
        trained_as_of=as_of, horizon_days=params.steps,
        train_from=min(one.backtest.series.first_date for one in own.values()),
        train_to=as_of - dt.timedelta(days=1), label_window=f"the next {params.steps} steps",
        n_train=sum(map(len, values)), n_population=sum(map(len, values)), figures=figures,
        n_judged=judged.n,
    )  # fmt: skip
