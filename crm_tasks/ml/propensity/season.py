"""What the calendar adds to a model: the same customers buy sooner where time runs faster.

Hazards are proportional in operational time (Cox 1972): in a window of ``m`` times the usual
operational time the probability of no purchase is that of a usual window to the power of ``m``.
Features that count the last weeks know a part of the season already, so only a share of it is left
to add. That share, ``strength``, is learned as calibration is, from what was said out of fold; it
is one more parameter, and stays only if it lowers the Bayesian information criterion.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from crm_tasks.ml.judgement import log_losses
from crm_tasks.ml.propensity.calendar import Calendar
from crm_tasks.ml.propensity.candidates import Learned, model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from crm_tasks.ml.artifacts import Artifact
    from crm_tasks.ml.propensity.candidates import Model
    from crm_tasks.ml.propensity.panel import Panel
    from crm_tasks.ml.propensity.params import Target

    Floats = npt.NDArray[np.float64]

STRENGTHS = tuple(tenths / 10 for tenths in range(11))


@dataclass(frozen=True)
class Season:
    """How much a window counts beside those a model learned from.

    Attributes
    ----------
    is_of_leaving : bool
        Whether the model's yes is no purchase.
    usual : float
        Mean operational time of the windows learned from, a case each.
    strength : float
        Share of the season that the features do not tell, above 0 to 1.
    """

    calendar: Calendar
    horizon_days: int
    is_of_leaving: bool
    usual: float
    strength: float = 1.0

    @classmethod
    def of(cls, calendar: Calendar, target: Target, panel: Panel) -> Season:
        """Return the season of a target, at full strength, beside the windows of a panel."""
        times = [calendar.time_in(origin, target.horizon_days) for origin in panel.n_cases]
        usual = float(np.average(times, weights=list(panel.n_cases.values())))
        return cls(calendar, target.horizon_days, target.kind == "churn", usual)

    def power(self, origin: dt.date) -> float:
        """Return ``m`` of the window that begins with an origin."""
        time = self.calendar.time_in(origin, self.horizon_days)
        return float((time / self.usual) ** self.strength)

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "horizon_days": self.horizon_days, "is_of_leaving": self.is_of_leaving,
            "usual": self.usual, "strength": self.strength, **self.calendar.told(),
        }  # fmt: skip

    @classmethod
    def from_told(cls, told: Mapping[str, Any]) -> Season:
        """Return what :meth:`told` told."""
        first_day = dt.date.fromisoformat(told["first_day"])
        names = ("horizon_days", "is_of_leaving", "usual", "strength")
        calendar = Calendar(first_day, tuple(told["coefficients"]))
        return cls(calendar, *(told[name] for name in names))


@dataclass(frozen=True, eq=False)
class Timed:
    """A model asked about one window: no purchase to the power of how much the window counts."""

    model: Model
    power: float
    is_of_leaving: bool

    @property
    def family(self) -> str:
        return self.model.family

    def log_odds(self, matrix: Floats) -> Floats:
        return _in_window(self.model.log_odds(matrix), self.power, self.is_of_leaving)

    def probabilities(self, matrix: Floats) -> Floats:
        return np.asarray(expit(self.log_odds(matrix)), dtype=np.float64)

    def artifact(self) -> Artifact:
        return self.model.artifact()


@dataclass(frozen=True, eq=False)
class Seasonal:
    """A model with its season, None where there is none to add: then it answers as it is.

    ``oof_loss`` is the log loss out of fold in training, season included: decides between
    candidates.
    """

    model: Model
    season: Season | None = None
    oof_loss: float = float("nan")

    @property
    def family(self) -> str:
        return self.model.family

    @property
    def settings(self) -> dict[str, float]:
        """What a card says of it."""
        return {} if self.season is None else {"season_strength": self.season.strength}

    def on(self, day: dt.date) -> Model:
        """Return the model as it answers on a day."""
        if self.season is None:
            return self.model
        return Timed(self.model, self.season.power(day), self.season.is_of_leaving)

    def artifact(self) -> Artifact:
        """Return it as something that can be kept."""
        plain = self.model.artifact()
        if self.season is None:
            return plain
        return replace(plain, told={**plain.told, "season": self.season.told()})

    def again(self, model: Model, calendar: Calendar | None, target: Target,
              panel: Panel) -> Seasonal:  # fmt: skip
        """Return the model learned again by a later panel and calendar; the strength stays."""
        if self.season is None or calendar is None:
            return Seasonal(model)
        season = replace(Season.of(calendar, target, panel), strength=self.season.strength)
        return Seasonal(model, season)


def seasonal_of(artifact: Artifact) -> Seasonal:
    """Return the model an artifact holds; those of earlier releases know of no season."""
    told = artifact.told.get("season")
    return Seasonal(model_of(artifact), None if told is None else Season.from_told(told))


def in_season(model: Model, calendar: Calendar | None, target: Target, panel: Panel) -> Seasonal:
    """Return a model with as much of the season as its training panel shows to be missing."""
    plain = Seasonal(model, oof_loss=model.oof_loss if isinstance(model, Learned) else np.nan)
    if calendar is None:
        return plain
    # Calibrated were all windows as one, whose mean power is 1: that is a usual window's level, and
    # what is learned here is how each window lies about it.
    said = model.held_out if isinstance(model, Learned) else model.log_odds(panel.matrix)
    season = Season.of(calendar, target, panel)
    losses = [_losses(replace(season, strength=one), said, panel) for one in STRENGTHS]
    best = int(np.argmin(losses))
    if 2 * (losses[0] - losses[best]) <= np.log(len(panel)):
        return plain
    return Seasonal(model, replace(season, strength=STRENGTHS[best]), losses[best] / len(panel))


def _losses(season: Season, said: Floats, panel: Panel) -> float:
    """Return the log losses in total of what was said of a panel, each window in its season."""
    power = np.repeat([season.power(one) for one in panel.n_cases], list(panel.n_cases.values()))
    told = expit(_in_window(said, power, season.is_of_leaving))
    return float(log_losses(panel.labels, told).sum())


def _in_window(log_odds: Floats, power: Floats | float, is_of_leaving: bool) -> Floats:
    """Return log odds in a window of some power, of those in a usual one."""
    sign = 1 if is_of_leaving else -1
    none = -power * np.logaddexp(0, -sign * log_odds)  # the log of the probability of no purchase
    return np.asarray(sign * (none - np.log(-np.expm1(none))))
