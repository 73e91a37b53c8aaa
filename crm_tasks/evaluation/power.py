"""What a design can see before it starts, and whether what came back is what was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chisquare, norm
from scipy.stats import t as student

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.evaluation.design import Flags
    from crm_tasks.graph.engine.network import Floats, Ints

LEVEL, POWER = 0.95, 0.8


@dataclass(frozen=True)
class Spread:
    """How an outcome varies: its standard deviation and the share that lies between clusters."""

    sd: float
    icc: float


def spread(outcome: Floats, cluster: Ints) -> Spread:
    """Return the spread of an outcome (one-way analysis of variance; a share is never negative).

    >>> found = spread(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1]))
    >>> round(found.sd, 4), found.icc
    (1.1547, 1.0)
    """
    group = np.unique(cluster, return_inverse=True)[1]
    size = np.bincount(group).astype(np.float64)
    n, n_groups = len(outcome), len(size)
    sd = float(np.std(outcome, ddof=1)) if n > 1 else nan
    if n_groups < 2 or n <= n_groups or not sd > 0:  # noqa: PLR2004 (one group has no other)
        return Spread(sd, 0.0)
    mean = np.bincount(group, outcome) / size
    within = float(np.sum((outcome - mean[group]) ** 2)) / (n - n_groups)
    between = float(np.sum(size * (mean - outcome.mean()) ** 2)) / (n_groups - 1)
    usual = (n - float(np.sum(size**2)) / n) / (n_groups - 1)
    among = max((between - within) / usual, 0.0)
    return Spread(sd, among / (among + within) if among + within > 0 else 0.0)


def minimal_effects(
    regressors: Floats, contrasts: Mapping[str, Floats], cluster: Ints, spread: Spread
) -> dict[str, float]:
    """Return the smallest effect that is found with 80 % probability at the 95 % level.

    Of the very design drawn: least squares under an outcome that is correlated within clusters.

    Parameters
    ----------
    regressors : ndarray of float64, shape (n, k)
        What the effects will be regressed on, the constant included.
    contrasts : mapping of str to ndarray, shape (k,)
        Each estimand as a combination of coefficients.
    """
    group = np.unique(cluster, return_inverse=True)[1]
    n_groups = int(group.max()) + 1
    sums = np.zeros((n_groups, regressors.shape[1]))
    np.add.at(sums, group, regressors)
    inner = regressors.T @ regressors
    middle = spread.sd**2 * ((1 - spread.icc) * inner + spread.icc * sums.T @ sums)
    bread = np.linalg.pinv(inner)
    covariance = bread @ middle @ bread
    freedom = max(n_groups - 1, 1)
    needed = student.ppf((1 + LEVEL) / 2, freedom) + student.ppf(POWER, freedom)
    return {
        name: float(needed * np.sqrt(max(float(contrast @ covariance @ contrast), 0.0)))
        for name, contrast in contrasts.items()
    }


def sample_ratio_p(saturation: Floats, is_treated: Flags, cluster: Ints) -> float:
    """Return the p-value of the arms seen against the arms drawn; NaN where nothing was drawn.

    Within groups of a saturation between 0 and 1 the treated are compared with their share; a
    group that must have none or all and has not is impossible (p = 0). Below .001 the campaign's
    figures mean little: somebody was lost, or the arms were mixed up.
    """
    known = np.isfinite(saturation)
    if not known.any():
        return nan
    share, treated = saturation[known], is_treated[known].astype(np.float64)
    if np.any((share == 0) & (treated > 0)) or np.any((share == 1) & (treated < 1)):
        return 0.0
    is_open = (share > 0) & (share < 1)
    if not is_open.any():
        return 1.0
    off = float(np.sum(treated[is_open] - share[is_open]))
    sd = float(np.sqrt(np.sum(share[is_open] * (1 - share[is_open]))))
    within = 2 * float(norm.sf(abs(off) / sd))
    levels, first = np.unique(share), np.unique(cluster[known], return_index=True)[1]
    n_clusters = len(first)
    if len(levels) < 2 or n_clusters < 5 * len(levels):  # noqa: PLR2004 (too few to compare)
        return within
    counts = np.array([np.sum(share[first] == level) for level in levels])
    return min(1.0, 2 * min(within, float(chisquare(counts).pvalue)))
