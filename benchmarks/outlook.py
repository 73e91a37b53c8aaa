"""Acceptance lines of issue 5 about what lies ahead: bands that cover, purchases that come true.

``coverage`` forecasts simulated series from five dates each, with everything a run does (choice of
the method, calibration) made from what was known on that date, and counts what the bands held.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from benchmarks.acceptance import Measured, line
from crm_tasks.ml.forecasting.backtest import Backtest, ForecastParams
from crm_tasks.ml.forecasting.champions import bands_of, contest, mean_over_series
from crm_tasks.ml.forecasting.series import Series
from crm_tasks.ml.judgement import JudgementParams, calibration_error
from crm_tasks.ml.value.histories import PurchaseDays
from crm_tasks.ml.value.model import ValueParams, fit_value
from crm_tasks.planted import Company
from crm_tasks.planted.company import AS_OF, DAYS, START
from crm_tasks.planted.purchases import SECONDS, block_orders, block_process

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from benchmarks.workshop import Workshop
    from crm_tasks.ml.judgement import Interval

    Floats = npt.NDArray[np.float64]

KINDS = ("season", "trend", "intermittent", "walk", "shop", "autoregression")
WEEK = np.array([-0.10, -0.15, -0.10, -0.05, 0.10, 0.30, 0.0])
HOLIDAYS = ((315, 3, 1.9), (355, 4, 1.4), (40, 5, 0.6))
N_SERIES, N_DAYS, N_ORIGINS = 210, 500, 5
TOLERANCE = 0.04
BLOCKS = 15


def simulated(kind: str, n: int, rng: np.random.Generator) -> Floats:
    """Return one daily series of a kind; every one differs in level, week and noise."""
    day = np.arange(n)
    level = np.exp(rng.normal(4, 1))
    week = WEEK[(day + rng.integers(7)) % 7] * rng.uniform(0.5, 2)
    if kind == "season":
        wave = 0.15 * np.sin(2 * np.pi * (day / 365 + rng.random()))
        return level * np.maximum(1 + week + wave + rng.normal(0, 0.15, n), 0)
    if kind == "trend":
        slope = rng.uniform(-0.4, 1) * day / 365
        return level * np.maximum(1 + week + slope + rng.normal(0, 0.12, n), 0)
    if kind == "intermittent":
        mean = np.exp(rng.normal(-0.3, 0.5)) * (1 + week)
        return rng.negative_binomial(1, 1 / (1 + mean)).astype(np.float64)
    if kind == "walk":
        walk = np.cumsum(rng.normal(0, 0.03 * level, n))
        return level + walk + rng.normal(0, 0.1 * level, n)
    if kind == "autoregression":
        noise, memory = rng.normal(0, 0.12, n), rng.uniform(0.3, 0.95)
        past = np.zeros(n)
        for place in range(1, n):
            past[place] = memory * past[place - 1] + noise[place]
        return level * np.maximum(1 + week + past, 0)
    mean = level * (1 + 0.12 * day / 365) * (1 + week)
    mean *= 1 + 0.18 * np.cos(2 * np.pi * (day % 365 - 340) / 365)
    for start, length, factor in HOLIDAYS:
        mean[(day % 365 >= start) & (day % 365 < start + length)] *= factor
    return rng.poisson(mean).astype(np.float64)


@dataclass(frozen=True)
class Coverage:
    """Share of steps inside the bands: of all series, with its interval, and of each kind."""

    overall: dict[float, Interval]
    by_kind: dict[str, dict[float, float]]

    @property
    def holds(self) -> bool:
        return all(abs(one.value - level) <= TOLERANCE for level, one in self.overall.items())


def simulated_series(n_series: int, n_days: int, seed: int) -> list[tuple[str, Series]]:
    """Return series of all kinds in turn, each with its kind."""
    rng = np.random.default_rng(seed)
    kinds = [KINDS[number % len(KINDS)] for number in range(n_series)]
    first = dt.date(2023, 1, 1)
    return [
        (kind, Series(f"{number:03d}", "category", "units", first, 1, 7, 0,
                      simulated(kind, n_days, rng)))
        for number, kind in enumerate(kinds)
    ]  # fmt: skip


def coverage(
    series: Sequence[tuple[str, Series]], n_origins: int, params: ForecastParams
) -> Coverage:
    """Return what the bands held of the thirty steps after each of the last dates."""
    tries = {one.series_id: Backtest(one, params.steps) for _, one in series}
    held: dict[float, dict[str, list[float]]] = {level: {} for level in params.levels}
    with threadpool_limits(1):
        for back in range(1, n_origins + 1):
            ends = {one.series_id: len(one.values) - back * params.steps for _, one in series}
            contests = [contest(one, params, tries[one.series_id], ends[one.series_id])
                        for _, one in series]  # fmt: skip
            answers = {one.key: one.chosen for one in contests}
            bands = bands_of(contests, answers, params)
            for one in contests:
                name = one.backtest.series.series_id
                trial, known = one.backtest.trial(one.chosen, ends[name]), bands[one.kind]
                if trial is None or known is None:
                    continue
                for level, shares in held.items():
                    low, high = known.around(one.key, trial.path, level)
                    inside = (trial.actual >= low) & (trial.actual <= high)
                    shares.setdefault(name, []).append(float(inside.mean()))
    kinds = np.array([kind for kind, one in series if one.series_id in held[params.levels[0]]])
    means = {level: np.array([np.mean(own) for own in shares.values()])
             for level, shares in held.items()}  # fmt: skip
    by_kind = {kind: {level: float(own[kinds == kind].mean()) for level, own in means.items()}
               for kind in np.unique(kinds).tolist()}  # fmt: skip
    judging = JudgementParams()
    return Coverage({level: mean_over_series(list(shares.values()), judging)
                     for level, shares in held.items()}, by_kind)  # fmt: skip


@line(5, "Bands of 80 and 95 % cover within 4 points over 210 simulated series x 5 origins")
def bands(workshop: Workshop) -> Measured:  # noqa: ARG001 (needs no checkout)
    """Six kinds of series, all that a run does made as of each date."""
    found = coverage(simulated_series(N_SERIES, N_DAYS, 11), N_ORIGINS, ForecastParams())
    text = "; ".join(
        f"{level:.0%}: {one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
        for level, one in found.overall.items()
    )
    kinds = ", ".join(f"{kind} {shares[0.8]:.2f}" for kind, shares in found.by_kind.items())
    return Measured(f"{text}; 80 % by kind: {kinds}", found.holds)


@line(5, "Planted purchases: total of 90 and 180 days within 1 %, calibration error at most .03")
def purchases(workshop: Workshop) -> Measured:  # noqa: ARG001 (needs no checkout)
    """Fifteen thousand planted customers, valued as of the planted today."""
    days = planted_purchases(Company("M", 7), BLOCKS)
    seen = days.until(DAYS)
    with threadpool_limits(1):
        model = fit_value(seen, days.weekday_of_first, ValueParams(), "mbg_nbd", ahead=365)
    if model is None:
        return Measured("the model found no maximum", holds=False)
    texts, holds = [], True
    for ahead in (90, 180):
        bought = days.bought_between(DAYS, DAYS + ahead)[0][seen.customer]
        ratio = float(model.expected_purchases(seen, ahead).sum() / bought.sum())
        error = calibration_error((bought > 0).astype(np.int64), model.p_buys(seen, ahead))
        texts.append(f"{ahead} days: predicted / true {ratio:.4f}, ECE {error:.4f}")
        holds &= abs(ratio - 1) <= 0.01 and error <= 0.03
    return Measured(f"{len(seen.x):,} customers, {'; '.join(texts)}", holds)


def planted_purchases(company: Company, blocks: int) -> PurchaseDays:
    """Return the purchase days of some blocks of a planted company, the future's too."""
    people, seconds = [], []
    for block in range(blocks):
        orders = block_orders(company, block, block_process(company, block))
        people.append(orders.person)
        seconds.append(orders.second)
    day = np.concatenate(seconds) // SECONDS
    key = np.unique(np.concatenate(people) * 10_000 + day)
    person, day = np.divmod(key, 10_000)
    ids, customer = np.unique(person, return_inverse=True)
    first = int(day.min())
    assert (AS_OF - START).days == DAYS  # noqa: S101 (days count from the planted start)
    return PurchaseDays(
        pa.array([f"{one:09d}" for one in ids]), customer.astype(np.int64), day - first,
        np.ones(len(day)), START + dt.timedelta(days=first),
    )  # fmt: skip
