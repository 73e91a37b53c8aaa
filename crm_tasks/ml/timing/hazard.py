"""When a customer buys next: a discrete-time hazard, week by week.

A customer who has not bought until a week buys in it with a probability that a logistic model gives
(Singer, Willett 1993, https://doi.org/10.3102/10769986018002155): a customer still silent at the
end of the period counts as such, and every week predicted lies ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from crm_tasks.ml.artifacts import Artifact

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

HAZARD = "hazard"
WEEK, WEEKS = 7, 13
FEATURES = (
    "log_repeat_purchases",
    "log_days_since_last",
    "log_mean_gap",
    "since_last_by_mean_gap",
    "log_age",
    "purchases_30d",
    "purchases_90d",
)


def features_at(days: PurchaseDays, seen: Seen) -> Floats:
    """Return what is known of each customer when ``seen`` ends, one column per FEATURES."""
    since, age = seen.end - seen.last, seen.end - seen.first
    gap = mean_gap(seen)
    recent = [days.bought_between(seen.end - length, seen.end)[0] for length in (30, 90)]
    return np.column_stack(
        [
            np.log1p(seen.x), np.log1p(since), np.log(gap), np.minimum(since / gap, 10.0),
            np.log1p(age), *(each[seen.customer] for each in recent),
        ]
    )  # fmt: skip


def mean_gap(seen: Seen) -> Floats:
    """Return each customer's mean days between purchases; of newcomers, that of all together."""
    span, together = (seen.last - seen.first).sum(), max(seen.x.sum(), 1.0)
    own = (seen.last - seen.first) / np.maximum(seen.x, 1)
    return np.maximum(np.where(seen.x > 0, own, max(span / together, 1.0)), 1.0)


def days_until_next(days: PurchaseDays, seen: Seen, until: int) -> Floats:
    """Return days from the end of ``seen`` to each customer's next purchase; inf if unseen."""
    ahead = (days.day >= seen.end) & (days.day < until)
    first = np.full(len(days.ids), np.inf)
    np.minimum.at(first, days.customer[ahead], (days.day[ahead] - seen.end).astype(np.float64))
    return first[seen.customer]


@dataclass(frozen=True, eq=False)
class Hazard:
    """A fitted model: ``weeks`` of ``window`` days were seen, later ones are like the last."""

    model: Pipeline
    weeks: int
    window: int
    family: str = HAZARD

    @classmethod
    def fit(cls, features: Floats, until_next: Floats, window: int, at_most: int) -> Hazard:
        """Return the model of customers whose next ``window`` days are known."""
        weeks = max(min(window // WEEK, WEEKS), 1)
        week_of = (np.minimum(until_next, weeks * WEEK) // WEEK).astype(np.int64)
        rows = max(at_most // weeks, 1)
        chosen = np.arange(len(features))[:: max(len(features) // rows, 1)]
        week = np.tile(np.arange(weeks), len(chosen))
        who = np.repeat(chosen, weeks)
        at_risk = week <= week_of[who]
        labels = (week == week_of[who])[at_risk].astype(np.int64)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500))
        with threadpool_limits(1):
            model.fit(_with_week(features[who[at_risk]], week[at_risk]), labels)
        return cls(model, weeks, window)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything it answers by, as plain numbers."""
        scale, line = self.model[0], self.model[-1]
        return {
            "C": line.C, "weeks": self.weeks, "mean": scale.mean_.round(9).tolist(),
            "scale": scale.scale_.round(9).tolist(),
            "intercept": round(float(line.intercept_[0]), 9),
            "coefficients": line.coef_[0].round(9).tolist(),
        }  # fmt: skip

    def artifact(self) -> Artifact:
        return Artifact(None, FEATURES, {"family": self.family, **self.settings})

    def survival(self, features: Floats, weeks: int) -> Floats:
        """Return the probability of no purchase until the end of each week, customer x week."""
        known = min(weeks, self.weeks)
        with threadpool_limits(1):
            told = [
                self.model.predict_proba(_with_week(features, np.full(len(features), week)))[:, 1]
                for week in range(known)
            ]
        hazard = np.clip(np.column_stack(told), 1e-6, 1 - 1e-6)
        if weeks > known:
            hazard = np.hstack([hazard, np.repeat(hazard[:, -1:], weeks - known, axis=1)])
        return np.asarray(np.cumprod(1 - hazard, axis=1))

    def p_within(self, features: Floats, days: int) -> Floats:
        """Return the probability of a purchase within some days; within a week by its share."""
        weeks = -(-days // WEEK)
        left = np.hstack([np.ones((len(features), 1)), self.survival(features, weeks)])
        share = (days - (weeks - 1) * WEEK) / WEEK
        return np.asarray(1 - left[:, weeks - 1] * (left[:, weeks] / left[:, weeks - 1]) ** share)

    def days_at(self, features: Floats, shares: Sequence[float], at_most: int) -> list[Floats]:
        """Return the days by which each share of such customers has bought: never below 0."""
        weeks = -(-at_most // WEEK)
        bought = 1 - self.survival(features, weeks)
        return [np.minimum(_reached(bought, share), at_most) for share in shares]


def _reached(bought: Floats, share: float) -> Floats:
    """Return after how many days a share is reached, of shares at the end of each week."""
    who, weeks = np.arange(len(bought)), bought.shape[1]
    place = np.minimum((bought < share).sum(axis=1), weeks - 1)
    low = np.where(place > 0, bought[who, place - 1], 0.0)
    part = np.clip((share - low) / np.maximum(bought[who, place] - low, 1e-12), 0, 1)
    return np.asarray(WEEK * (place + part), dtype=np.float64)


def _with_week(features: Floats, week: Ints) -> Floats:
    return np.column_stack([features, np.log1p(week), week == 0])
