"""Forecasts made again from the past: what each method would have said, and what then came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.forecasting.methods import NAIVE, MethodFailed, Path, forecast
from crm_tasks.ml.forecasting.series import scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from crm_tasks.ml.forecasting.series import Series

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForecastParams:
    """Parameters of forecasts; made without arguments, the house's own.

    Attributes
    ----------
    steps : int
        Steps ahead.
    calibration_origins, selection_origins : int
        Origins that tell the width of bands, and the earlier ones that choose the method: an error
        that made a method champion must not tell how good it is.
    origins_at_least : int
        Calibration origins of a short series.
    train_at_least : tuple of int
        Steps known before the first origin, without a season and with one.
    trial_steps_at_least : int
        A series in which no trial reaches so far is not tried: the naive method answers.
    own_weight : float
        So many origins' worth of evidence stands against a series' own errors being larger or
        smaller than those of its kind.
    levels : tuple of float
        What bands are to cover.
    categories : int
        So many categories of the highest net amount have series.
    sparse_share : float
        With a larger share of days without a sale a series is weekly.
    """

    steps: int = 30
    calibration_origins: int = 5
    selection_origins: int = 3
    origins_at_least: int = 2
    train_at_least: tuple[int, int] = (20, 56)
    trial_steps_at_least: int = 4
    own_weight: float = 3.0
    levels: tuple[float, float] = (0.80, 0.95)
    categories: int = 5
    sparse_share: float = 0.3


@dataclass(frozen=True)
class Origins:
    """Places in a series from which is forecast again; ``steps`` ahead of each are known."""

    calibration: tuple[int, ...]
    selection: tuple[int, ...]
    steps: int


def origins_of(n: int, period: int, params: ForecastParams) -> Origins:
    """Return the origins of a series of ``n`` steps: the latest calibrate, the ones before select.

    Calibration origins do not overlap. A series too short for all looks less far ahead, then from
    fewer places; at last from none.

    Examples
    --------
    >>> origins_of(365, 7, ForecastParams())
    Origins(calibration=(335, 305, 275, 245, 215), selection=(200, 185, 170), steps=30)
    >>> origins_of(52, 1, ForecastParams())
    Origins(calibration=(44, 36), selection=(32, 28, 24), steps=8)
    >>> origins_of(20, 1, ForecastParams())
    Origins(calibration=(), selection=(), steps=0)
    """
    room = n - params.train_at_least[period > 1]
    steps = min(params.steps, max(room, 0) // 4)
    if steps < params.trial_steps_at_least:
        return Origins((), (), 0)
    half = steps // 2
    number = (room - params.selection_origins * half) // steps
    number = min(max(number, params.origins_at_least), params.calibration_origins)
    calibration = tuple(n - steps * (k + 1) for k in range(number))
    selection = tuple(calibration[-1] - half * (k + 1) for k in range(params.selection_origins))
    return Origins(calibration, selection, steps)


@dataclass(frozen=True, eq=False)
class Trial:
    """One forecast from the past: what was said and what came, for the steps that are known."""

    path: Path
    actual: Floats
    scale: float

    @property
    def scaled_error(self) -> float:
        """Mean absolute error by the scale of the series until then: MASE."""
        said = self.path.mean[: len(self.actual)]
        return float(np.mean(np.abs(self.actual - said))) / max(self.scale, 1e-9)

    @property
    def scores(self) -> Floats:
        """Errors by the method's own spread, one per step."""
        n = len(self.actual)
        return (self.actual - self.path.mean[:n]) / self.path.spread[:n]


@dataclass
class Backtest:
    """The trials of one series, made when asked for; failures are kept with their reason."""

    series: Series
    steps: int
    trials: dict[tuple[str, int], Trial | None] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def trial(self, method: str, origin: int) -> Trial | None:
        """Return a method's trial from an origin, None if it failed there."""
        if (method, origin) not in self.trials:
            self.trials[method, origin] = self._made(method, origin)
        return self.trials[method, origin]

    def _made(self, method: str, origin: int) -> Trial | None:
        values, period = self.series.values, self.series.period
        known = values[:origin]
        try:
            path = forecast(method, known, period, self.steps)
        except MethodFailed as reason:
            self.failures[method] = str(reason)
            return None
        path = bounded(path, known)
        return Trial(path, values[origin : origin + self.steps], scale_of(known, period))

    def errors(self, origins: tuple[int, ...], methods: tuple[str, ...]) -> Mapping[str, float]:
        """Return the mean scaled error of every method that failed at none of the origins."""
        found = {m: [self.trial(m, origin) for origin in origins] for m in methods}
        return {
            method: float(np.mean([one.scaled_error for one in trials if one is not None]))
            for method, trials in found.items()
            if trials and all(one is not None for one in trials)
        }

    def choose(self, origins: tuple[int, ...], methods: tuple[str, ...]) -> str:
        """Return the method of the smallest error from the origins, the naive one of equals."""
        errors = self.errors(origins, methods)
        return min(errors, key=lambda name: (errors[name], name != NAIVE), default=NAIVE)


def bounded(path: Path, known: Floats) -> Path:
    """Return a forecast that is not below zero if nothing known is."""
    least = 0.0 if known.min() >= 0 else -np.inf
    return Path(np.maximum(path.mean, least), path.spread)
