"""Least squares with errors that hold under clusters and unequal variance, from statsmodels.

Clustered errors are CR1 (Liang, Zeger 1986) with Student's t on clusters - 1 degrees of freedom,
single units HC2 (MacKinnon, White 1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student
from statsmodels.regression.linear_model import OLS

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """One figure with its standard error, 95 % interval and two-sided p-value."""

    value: float
    se: float
    low: float
    high: float
    p_value: float

    @classmethod
    def of(cls, value: float, se: float, freedom: float) -> Estimate:
        """Return the estimate by Student's t."""
        half = float(student.ppf((1 + LEVEL) / 2, freedom)) * se
        p_value = 2 * float(student.sf(abs(value) / se, freedom)) if se > 0 else float(value == 0)
        return cls(value, se, value - half, value + half, p_value)


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients with their covariance; ``freedom`` is that of their intervals."""

    coefficients: Floats
    covariance: Floats
    freedom: float

    def estimate(self, contrast: Floats) -> Estimate:
        """Return a combination of the coefficients."""
        variance = float(contrast @ self.covariance @ contrast)
        value = float(contrast @ self.coefficients)
        return Estimate.of(value, float(np.sqrt(max(variance, 0.0))), self.freedom)


def is_identified(regressors: Floats) -> bool:
    """Return whether every coefficient is determined: no column follows from the others.

    >>> is_identified(np.array([[1.0, 0.0], [1.0, 1.0]])), is_identified(np.ones((3, 2)))
    (True, False)
    """
    return bool(np.linalg.matrix_rank(regressors) == regressors.shape[1])


def fit(regressors: Floats, outcome: Floats, cluster: Ints | None = None) -> Fit:
    """Return the fit of ``outcome`` on ``regressors``, clustered unless ``cluster`` is None."""
    model = OLS(outcome, regressors)
    if cluster is None:
        found = model.fit(cov_type="HC2")
        freedom = float(max(len(outcome) - regressors.shape[1], 1))
    else:
        group = np.unique(cluster, return_inverse=True)[1]
        found = model.fit(cov_type="cluster", cov_kwds={"groups": group}, use_t=True)
        freedom = float(max(int(group.max()), 1))
    return Fit(np.asarray(found.params), np.asarray(found.cov_params()), freedom)
