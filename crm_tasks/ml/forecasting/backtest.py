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
        With fewer calibration origins the naive method answers.
    train_at_least : int
        Steps known before the first origin.
    own_weight : float
        So many origins' worth of evidence stands against a series' own errors being larger or
        smaller than those of its kind.
    """

    steps: int = 30
    calibration_origins: int = 6
    selection_origins: int = 3
    origins_at_least: int = 2
    train_at_least: int = 56
    own_weight: float = 3.0
    levels: tuple[float, float] = (0.80, 0.95)


@dataclass(frozen=True)
class Origins:
    """Places in a series from which is forecast again; ``steps`` ahead of each are known."""

    calibration: tuple[int, ...]
    selection: tuple[int, ...]
    steps: int


def origins_of(n: int, params: ForecastParams) -> Origins:
    """Return the origins of a series of ``n`` steps: the latest calibrate, the ones before select.

    Calibration origins do not overlap. A series too short for all has fewer, then shorter, ones.

    Examples
    --------
    >>> origins_of(365, ForecastParams()).calibration
    (335, 305, 275, 245, 215, 185)
    >>> origins_of(365, ForecastParams()).selection
    (170, 155, 140)
    """
    room = n - params.train_at_least
    n_most = params.calibration_origins + params.selection_origins / 2
    steps = int(min(params.steps, max(room // 4, 0)))
    if steps < 1:
        return Origins((), (), 0)
    n_calibration = min(params.calibration_origins, max(int(room / steps / n_most * (
        params.calibration_origins)), params.origins_at_least))  # fmt: skip
    calibration = tuple(n - steps * (k + 1) for k in range(n_calibration))
    half = max(steps // 2, 1)
    selection = tuple(calibration[-1] - half * (k + 1) for k in range(params.selection_origins))
    least = params.train_at_least
    return Origins(
        tuple(o for o in calibration if o >= least),
        tuple(o for o in selection if o >= least),
        steps,
    )


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
