"""The methods that may forecast a series: each gives thirty means and how unsure each step is.

What a method says of its own uncertainty is used as a shape only (how it grows with the step);
its size comes from errors out of time (``bands``), since the methods' own intervals are wrong in
both directions. The library is statsmodels; a method that does not converge has failed, and its
row says so.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NAIVE = "seasonal_naive"
SEASONS_AT_LEAST, STEPS_AT_LEAST = 2, 10
#: A series that never varies still gets a band of some width: this share of its level.
LEAST_SPREAD = 1e-3


class MethodFailed(Exception):
    """A method gives no forecast of this series; the message says why."""


@dataclass(frozen=True)
class Path:
    """A forecast: the mean of each step, and its spread, up to a factor of all steps."""

    mean: Floats
    spread: Floats


def seasonal_naive(values: Floats, period: int, steps: int) -> Path:
    """Return the last season once more, again and again."""
    season = values[-period:] if len(values) >= period else values[-1:]
    mean = np.resize(season, steps)
    lag = min(len(season), len(values) - 1)
    sigma = float(np.std(values[lag:] - values[:-lag])) if lag else 0.0
    turn = np.arange(steps) // len(season) + 1
    return Path(mean, sigma * np.sqrt(turn))


def exponential_smoothing(values: Floats, period: int, steps: int) -> Path:
    """Return ETS with additive season: with a damped trend or without, the lower AICc.

    Spread after Hyndman et al. 2008, chapter 6, class 1
    (https://doi.org/10.1007/978-3-540-71918-2).
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    has_season = period > 1 and len(values) >= SEASONS_AT_LEAST * period
    season = {"seasonal": "add", "seasonal_periods": period} if has_season else {}
    fits = [
        ExponentialSmoothing(
            values, trend="add" if is_damped else None, damped_trend=is_damped,
            initialization_method="heuristic" if has_season or is_damped else "estimated", **season,
        ).fit(use_brute=False)
        for is_damped in (False, True)
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.aicc))
    names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
    told = {name: float(np.nan_to_num(best.params[name] or 0.0)) for name in names}
    lag = np.arange(1, steps)
    damping = told["damping_trend"]
    carried = np.cumsum(damping**lag) if damping else np.zeros(len(lag))
    step = told["smoothing_level"] * (1 + told["smoothing_trend"] * carried)
    if has_season:
        step = step + told["smoothing_seasonal"] * (lag % period == 0)
    sigma = float(np.sqrt(np.mean(best.resid**2)))
    return Path(best.forecast(steps), sigma * np.sqrt(1 + np.append(0.0, np.cumsum(step**2))))


def theta(values: Floats, period: int, steps: int) -> Path:
    """Return the Theta forecast of the series without its season, and the season again.

    Assimakopoulos, Nikolopoulos 2000, https://doi.org/10.1016/S0169-2070(00)00066-2.
    """
    from statsmodels.tsa.forecasting.theta import ThetaModel
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing
    from statsmodels.tsa.seasonal import seasonal_decompose

    has_season = period > 1 and len(values) >= SEASONS_AT_LEAST * period
    model = ThetaModel(values, period=period if has_season else 1, deseasonalize=has_season,
                       method="additive")  # fmt: skip
    fit = model.fit()
    alpha = float(fit.params["alpha"])
    level = values - seasonal_decompose(values, period=period).seasonal if has_season else values
    # The library's own sigma takes a state-space fit for what the smoothing has said already.
    smooth = SimpleExpSmoothing(level, initialization_method="heuristic")
    resid = smooth.fit(smoothing_level=alpha, optimized=False).resid
    spread = float(np.sqrt(np.mean(resid**2))) * np.sqrt(1 + np.arange(steps) * alpha**2)
    return Path(np.asarray(fit.forecast(steps), dtype=np.float64), spread)


def sarima(values: Floats, period: int, steps: int) -> Path:
    """Return SARIMA (0,1,1)(0,1,1), or ARIMA (1,1,1) without a season (Box, Jenkins 1970)."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    if len(values) < STEPS_AT_LEAST:
        raise MethodFailed(f"sarima: {len(values)} steps; {STEPS_AT_LEAST} are needed")
    has_season = period > 1 and len(values) >= (SEASONS_AT_LEAST + 1) * period
    order, seasonal = ((0, 1, 1), (0, 1, 1, period)) if has_season else ((1, 1, 1), (0, 0, 0, 0))
    scale = float(np.std(values)) or 1.0
    fit = SARIMAX(values / scale, order=order, seasonal_order=seasonal).fit(disp=False, maxiter=60)
    if not fit.mle_retvals.get("converged", False):
        raise MethodFailed("sarima: the likelihood did not converge")
    ahead = fit.get_forecast(steps)
    return Path(scale * np.asarray(ahead.predicted_mean), scale * np.asarray(ahead.se_mean))


METHODS: dict[str, Callable[[Floats, int, int], Path]] = {
    NAIVE: seasonal_naive,
    "ets": exponential_smoothing,
    "theta": theta,
    "sarima": sarima,
}


def forecast(method: str, values: Floats, period: int, steps: int) -> Path:
    """Return a method's forecast, its spread above zero.

    Raises
    ------
    MethodFailed
        It warned, did not converge, or gave a number that is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Starting values of SARIMA are only a start.
        warnings.filterwarnings("ignore", message="Non-(stationary|invertible) starting")
        try:
            path = METHODS[method](values, period, steps)
        except (Warning, ValueError, ArithmeticError, np.linalg.LinAlgError) as reason:
            raise MethodFailed(f"{method}: {reason}") from None
    if not (np.isfinite(path.mean).all() and np.isfinite(path.spread).all()):
        raise MethodFailed(f"{method}: a step is not a number")
    least = LEAST_SPREAD * max(float(np.mean(np.abs(values))), 1e-9)
    return Path(path.mean, np.maximum(path.spread, least))
