"""What stands beside the hazard: naive methods, and two forests (Breiman 2001).

A forest averages answers it has seen (https://doi.org/10.1023/A:1010933404324): one says whether a
customer buys within a horizon; one regresses the date itself and so names no date after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from threadpoolctl import threadpool_limits

from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.timing.hazard import FEATURES, mean_gap

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.value.histories import Seen

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

FARTHEST = 365
OWN_GAP, BASE_RATE = "own_gap", "base_rate"
FOREST, DATE_FOREST = "random_forest", "random_forest_date"
TREES = {"n_estimators": 60, "min_samples_leaf": 15, "max_features": 0.5, "n_jobs": 1}


class Method(Protocol):
    """What can answer, and be registered."""

    @property
    def family(self) -> str:
        """Name of the method."""

    @property
    def settings(self) -> dict[str, Any]:
        """Hyperparameters; where these are all it learned, its parameters."""

    def artifact(self) -> Artifact:
        """Return it as something that can be kept."""


class Sharing(Method, Protocol):
    """What gives the probability of a purchase."""

    def p_within(self, features: Floats, days: int) -> Floats:
        """Return the probability of a purchase within some days."""


@dataclass(frozen=True)
class OwnGap:
    """The naive date: the last purchase plus the mean gap of one's own."""

    family: str = OWN_GAP

    @property
    def settings(self) -> dict[str, Any]:
        return {"farthest_days": FARTHEST}

    def artifact(self) -> Artifact:
        return Artifact(None, ("days_since_last", "mean_gap"), {"family": OWN_GAP, **self.settings})

    def waits(self, seen: Seen) -> Floats:
        """Return days from the end of what is seen to the next purchase: never below 0."""
        return np.clip(seen.last + mean_gap(seen) - seen.end, 0, FARTHEST)


@dataclass(frozen=True)
class BaseRate:
    """The naive probability: the share of all who bought."""

    share: float
    family: str = BASE_RATE

    @property
    def settings(self) -> dict[str, Any]:
        return {"share": round(self.share, 9)}

    def artifact(self) -> Artifact:
        return Artifact(None, (), {"family": BASE_RATE, **self.settings})

    def p_within(self, features: Floats, days: int) -> Floats:  # noqa: ARG002 (one horizon)
        return np.full(len(features), self.share)


@dataclass(frozen=True, eq=False)
class Forest:
    """A fitted forest: of purchases within the horizon it learned, or of dates."""

    estimator: Any
    family: str

    @property
    def settings(self) -> dict[str, Any]:
        return TREES

    @classmethod
    def of_buyers(cls, features: Floats, buys: Ints, seed: int) -> Forest:
        """Return the forest that says whether a customer buys within a horizon."""
        with threadpool_limits(1):
            made = RandomForestClassifier(**TREES, random_state=seed).fit(features, buys)
        return cls(made, FOREST)

    @classmethod
    def of_dates(cls, features: Floats, date: Floats, seed: int) -> Forest:
        """Return the forest that regresses the date: the recipe, kept to show how it fails."""
        with threadpool_limits(1):
            made = RandomForestRegressor(**TREES, random_state=seed).fit(features, date)
        return cls(made, DATE_FOREST)

    def artifact(self) -> Artifact:
        return Artifact(self.estimator, FEATURES, {"family": self.family})

    def p_within(self, features: Floats, days: int) -> Floats:  # noqa: ARG002 (the one learned)
        with threadpool_limits(1):
            told = self.estimator.predict_proba(features)
        is_yes = self.estimator.classes_ == 1
        return np.asarray(told @ is_yes.astype(np.float64))

    def dates(self, features: Floats) -> Floats:
        with threadpool_limits(1):
            return np.asarray(self.estimator.predict(features), dtype=np.float64)
