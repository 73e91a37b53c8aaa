"""A logistic model of whether a pair becomes a tie, out of all scores together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from crm_tasks.graph.links.scores import as_features

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.graph.engine.network import Floats

DECIMALS = 6


@dataclass(frozen=True, eq=False)
class LinkModel:
    """Log-odds of a tie to come: ``intercept + weights @ (features - mean) / scale``."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    @classmethod
    def fit(cls, scores: Floats, is_new_tie: npt.NDArray[np.bool_]) -> LinkModel:
        """Return the model of largest penalised likelihood.

        The pairs are all candidates of a random sample of customers, none left out, so that the
        model's probabilities need no correction for sampling.
        """
        features = as_features(scores)
        mean, scale = features.mean(axis=0), features.std(axis=0)
        scale[scale == 0] = 1.0
        with threadpool_limits(1):
            found = LogisticRegression(C=1.0, max_iter=500, tol=1e-8)
            found.fit((features - mean) / scale, is_new_tie)
        return cls(mean, scale, found.coef_[0], float(found.intercept_[0]))

    def probabilities(self, scores: Floats) -> Floats:
        """Return the probability of each pair to become a tie within the horizon."""
        logit = self.intercept + ((as_features(scores) - self.mean) / self.scale) @ self.weights
        return np.asarray((1 / (1 + np.exp(-logit))).round(DECIMALS))
