"""How far the latest days are from what was to be expected, figure by figure.

Orders in the window are compared with a gamma-Poisson expectation of the customer's own rate
(variance-stabilised, Anscombe 1948, https://doi.org/10.2307/2332343), the other figures with a
normal one whose mean leans on that of all where the own history is short (Gelman et al. 2013,
chapter 5), and whose spread is that of all customers or the own, if larger: ten orders without a
return do not prove that there is none. What happens to everybody, a season or a sale, is no
anomaly: the common change is taken off. Each distance becomes the log likelihood ratio of a t
distribution; these add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.anomalies.histories import FIGURES

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.anomalies.histories import Histories
    from crm_tasks.ml.anomalies.params import AnomalyParams

    Floats = npt.NDArray[np.float64]

NAMES = ("n_orders", *FIGURES)
#: Spreads below this are rounding: prices of one product, orders without a return.
LEAST_SPREAD = 0.05
#: Of a normal distribution, the standard deviation per median absolute deviation.
PER_MEDIAN = 1.4826
DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Surprise:
    """Customers x ``NAMES``: parts of the score, the latest figure and the expected one.

    ``parts`` add up to ``score``; ``late`` and ``expected`` are in the figures' own units.
    """

    parts: Floats
    late: Floats
    expected: Floats

    @property
    def score(self) -> Floats:
        return np.asarray(self.parts.sum(axis=1).round(DECIMALS), dtype=np.float64)


def against_own_history(told: Histories, params: AnomalyParams) -> Surprise:
    """Return how surprising the latest days are for each customer."""
    usual, distance = _orders(told, params)
    means, distances = _figures(told)
    return _surprise(
        told, np.column_stack([usual, means]), np.column_stack([distance, distances]), params
    )


def against_everybody(told: Histories, params: AnomalyParams) -> Surprise:
    """Return how far the latest days are from those of all customers: the naive method."""
    values = np.column_stack([2 * np.sqrt(told.n_recent + 0.375), told.late])
    middle, spread = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for column in range(values.shape[1]):
        known = values[~np.isnan(values[:, column]), column]
        if len(known):
            middle[column] = np.median(known)
            deviation = PER_MEDIAN * np.median(np.abs(known - middle[column]))
            spread[column] = max(deviation or known.std(), LEAST_SPREAD)
    usual = np.tile(middle, (len(told), 1))
    usual[:, 0] = np.maximum((usual[:, 0] / 2) ** 2 - 0.375, 0)
    return _surprise(told, usual, np.nan_to_num((values - middle) / spread), params)


def _orders(told: Histories, params: AnomalyParams) -> tuple[Floats, Floats]:
    if not len(told):
        return np.empty(0), np.empty(0)
    # The first order begins the history; the others came in its days.
    n, days, window = told.n_before - 1, told.days_before, params.window_days
    mean = n.sum() / days.sum()
    spread = max(float(np.var(n / days) - mean * np.mean(1 / days)), 1e-3 * mean**2)
    shape, rate = mean**2 / spread, mean / spread
    usual = window * (shape + n) / (rate + days)
    usual *= told.n_recent.sum() / usual.sum() if told.n_recent.any() else 1.0
    away = 2 * (np.sqrt(told.n_recent + 0.375) - np.sqrt(usual + 0.375))
    return usual, away / np.sqrt(1 + window / (rate + days))


def _figures(told: Histories) -> tuple[Floats, Floats]:
    usual = np.full(told.mean.shape, np.nan)
    distance = np.zeros(told.mean.shape)
    for k in range(told.mean.shape[1]):
        n, known = told.n[:, k], told.n[:, k] > 0
        if not known.any():
            continue
        within = max(told.squares[:, k].sum() / max((n[known] - 1).sum(), 1), LEAST_SPREAD**2)
        means = told.mean[known, k]
        between = max(float(means.var() - within * np.mean(1 / n[known])), LEAST_SPREAD**2)
        own = np.maximum(told.squares[:, k] / np.maximum(n - 1, 1), within)
        precision = n / own + 1 / between
        expected = (np.nan_to_num(told.mean[:, k]) * n / own + means.mean() / between) / precision
        is_told = told.n_late[:, k] > 0
        away = told.late[:, k] - expected
        common = float(np.median(away[is_told])) if is_told.any() else 0.0
        usual[:, k] = expected + common
        spread = np.sqrt(own[is_told] / told.n_late[is_told, k] + 1 / precision[is_told])
        distance[is_told, k] = (away[is_told] - common) / spread
    return usual, distance


def _surprise(told: Histories, usual: Floats, distance: Floats, params: AnomalyParams) -> Surprise:
    """Widen each distance where it scatters more than it should, and turn it into a part."""
    if len(told):
        size = np.abs(np.where(distance == 0, np.nan, distance))
        is_known = ~np.isnan(size).all(axis=0)
        middle = np.nanmedian(size[:, is_known], axis=0)
        distance = distance.copy()
        distance[:, is_known] /= np.maximum(PER_MEDIAN * middle, 1.0)
    degrees = params.degrees
    parts = ((degrees + 1) / 2 * np.log1p(distance**2 / degrees)).round(DECIMALS)
    late = np.column_stack([told.n_recent, _plain(told.late)])
    return Surprise(parts, late, np.column_stack([usual[:, 0], _plain(usual[:, 1:])]))


def _plain(values: Floats) -> Floats:
    """Return figures in their own units: what the logarithms and arc sines are of."""
    shares = np.array([name.endswith("share") for name in FIGURES])
    return np.where(shares, np.sin(values) ** 2, np.exp(values))
