"""Intervals for shares."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


def wilson_interval(successes: Ints, trials: Ints, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the (low, high) ends of Wilson's (1927) score interval for a share.

    Unlike the textbook p +- 1.96 s.e. it stays within [0, 1] and does not shrink to a point when
    nobody or everybody responds. Without trials the interval is [0, 1]: nothing is known.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([5, 0]), np.array([10, 0]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2366, 0.0], [0.7634, 1.0])
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    n = np.maximum(trials, 1).astype(np.float64)
    p = successes / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)
    # At the ends the interval touches 0 or 1 exactly; rounding errors must not say otherwise.
    low = np.where((successes == 0) | (trials == 0), 0.0, low)
    high = np.where((successes == trials) | (trials == 0), 1.0, high)
    return low, high
