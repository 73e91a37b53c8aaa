"""The calendar that all customers share: time runs faster when everybody buys more.

A customer's rate is constant in operational time, which the calendar (trend, year, week) stretches
and squeezes (time change of a point process: Daley, Vere-Jones 2003, chapter 7). Its speed on a day
is what was bought that day over what the model expects of the customers won until then. Speed and
model follow from each other, and a few rounds settle both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy
from sklearn.linear_model import PoissonRegressor

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from crm_tasks.ml.value.buying import BuyingModel

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

YEAR = 365.25
HARMONICS = 2
#: A season told apart from a trend needs most of it twice; counts make it more than noise.
DAYS_AT_LEAST, REPEATS_AT_LEAST = 600, 5_000
ROUNDS = 3
GRID = 400


@dataclass(frozen=True)
class Clock:
    """Operational time at the beginning of each day, from the first day seen to some days ahead.

    ``reading[k]`` belongs to day ``k``; in mean it advances one a day over what was seen.
    ``coefficients`` are those of the log of its :func:`speed`, None where every day is alike.
    """

    reading: Floats
    coefficients: Floats | None = None

    @property
    def is_plain(self) -> bool:
        """Whether every day is as long as any other."""
        return self.coefficients is None

    def between(self, start: Ints, end: Ints | int) -> Floats:
        """Return the operational time between the beginnings of days."""
        return self.reading[end] - self.reading[start]


def plain_clock(days: int) -> Clock:
    """Return the clock by which every day is as long as any other."""
    return Clock(np.arange(days + 1.0))


def speed(coefficients: Floats, day: Ints, weekday_of_first: int) -> Floats:
    """Return how fast time runs on days counted from the first one, but for a common factor."""
    return np.asarray(np.exp(_terms(day, weekday_of_first) @ coefficients))


def learn_clock(
    first_day: Ints,
    repeats: Floats,
    days_ahead: int,
    weekday_of_first: int,
    fit: Callable[[Clock], BuyingModel],
) -> Clock:
    """Return the clock that the repeat purchases of all customers tell, or the plain one.

    Parameters
    ----------
    first_day : ndarray of int64
        Day of each customer's first purchase.
    repeats : ndarray of float64
        Repeat purchases on each day seen.
    fit : callable
        Fits the buying model by a clock.
    """
    n_days = len(repeats)
    clock = plain_clock(n_days + days_ahead)
    if n_days < DAYS_AT_LEAST or repeats.sum() < REPEATS_AT_LEAST:
        return clock
    won = np.bincount(first_day, minlength=n_days).astype(np.float64)
    days = np.arange(n_days + days_ahead)
    terms = _terms(days[:n_days], weekday_of_first)
    for _ in range(ROUNDS):
        expected = _expected_per_day(fit(clock), clock, won) / np.diff(clock.reading[: n_days + 1])
        is_open = expected > 0
        told = _coefficients(terms[is_open], repeats[is_open], expected[is_open])
        by_day = speed(told, days, weekday_of_first)
        by_day /= by_day[:n_days].mean()
        clock = Clock(np.concatenate([[0.0], np.cumsum(by_day)]), told)
    return clock


def _terms(day: Ints, weekday_of_first: int) -> Floats:
    """Return what the log of the speed is linear in: trend, waves of the year, days of the week."""
    turns = [2 * np.pi * k * day / YEAR for k in range(1, HARMONICS + 1)]
    waves = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    weekdays = np.eye(7)[(day + weekday_of_first) % 7][:, 1:]
    return np.column_stack([day / YEAR, *waves, weekdays])


def _coefficients(terms: Floats, bought: Floats, expected: Floats) -> Floats:
    """Return the coefficients of a Poisson regression, those not worth having being 0.

    Trend and year are carried into the future, where their errors grow: each stays only if it
    lowers the Bayesian information criterion (Schwarz 1978), with the dispersion of all terms.
    """
    year = 1 + 2 * HARMONICS
    fits = {}
    for keeps in product((True, False), repeat=2):
        kept = np.repeat((*keeps, True), (1, year - 1, terms.shape[1] - year))
        regression = PoissonRegressor(alpha=1e-9, solver="newton-cholesky", max_iter=200)
        regression.fit(terms[:, kept], bought / expected, sample_weight=expected)
        told = np.zeros(terms.shape[1])
        told[kept] = regression.coef_
        mean = expected * regression.predict(terms[:, kept])
        deviance = 2 * float(np.sum(xlogy(bought, bought / mean) - bought + mean))
        fits[keeps] = told, deviance, int(kept.sum())
    dispersion = max(fits[True, True][1] / max(len(bought) - terms.shape[1] - 1, 1), 1.0)
    least = np.log(len(bought))
    return min(fits.values(), key=lambda fit: fit[1] / dispersion + fit[2] * least)[0]


def _expected_per_day(model: BuyingModel, clock: Clock, won: Floats) -> Floats:
    """Return the repeat purchases expected on each day of those won before."""
    n_days = len(won)
    reading = clock.reading[: n_days + 1]
    grid = np.linspace(0.0, reading[-1] - reading[0], GRID)
    new = np.zeros(GRID)
    mean = model.expected_purchases(new, new, new, grid)
    since = np.maximum(reading[None, :] - reading[:n_days, None], 0.0)  # cohort x day
    by_day = np.diff(np.interp(since, grid, mean), axis=1)
    return np.asarray(won @ by_day)
