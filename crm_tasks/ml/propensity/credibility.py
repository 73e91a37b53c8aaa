"""What lasts of a share or rate that was seen in few events: the rest is chance.

A coefficient of a noisy measure is too small, and the noisier, the smaller: ranks of drivers would
be ranks of how well they are measured. So each case gets the best linear guess of what is its own
(Buehlmann & Straub 1970), and the effect of the guess is the effect of what it guesses (regression
calibration: Carroll, Ruppert, Stefanski & Crainiceanu 2006, Measurement Error in Nonlinear Models,
ch. 4). How much is chance is told by two halves of the same case, without a law for the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Lasting:
    """The guess for each case, and how far it can be trusted.

    Attributes
    ----------
    values : (n,) array
        In standard deviations of what lasts, mean 0; NaN where nothing was seen.
    reliability : float
        Mean weight of a case's own figure against the mean of all, 0 to 1.
    deviation : float
        Standard deviation of what lasts, in the units of the measure.
    signal : float
        Its square by the standard error of that square: below two, chance alone may have made it.
    """

    values: Floats
    reliability: float
    deviation: float
    signal: float


def lasting(counted: Floats, within: Floats, customers: Ints, times: Floats) -> Lasting | None:
    """Return what lasts of ``counted / within``, or None where the halves of cases do not agree.

    Parameters
    ----------
    counted, within : (n, 2) arrays
        Per case and half: what was counted, and in how much (deliveries, money, time).
    customers : (n,) array
        Whose cases they are, numbers from 0: several cases of one are not independent.
    times : (n,) array
        How often each case counts.
    """
    total = within.sum(axis=1)
    is_seen, has_both = total > 0, (within > 0).all(axis=1)
    if not (times[has_both] > 0).any():
        return None
    seen, weight = counted[is_seen].sum(axis=1) / total[is_seen], total[is_seen]
    halves, sizes, often = counted[has_both] / within[has_both], within[has_both], times[has_both]
    harmonic = sizes.prod(axis=1) / sizes.sum(axis=1)
    chance = np.average((halves[:, 0] - halves[:, 1]) ** 2 * harmonic, weights=often)
    # ``equal`` is how much must be seen until a case counts as much as all others together.
    equal = float(np.average(weight, weights=times[is_seen]))
    for _ in range(ROUNDS):
        mean = np.average(seen, weights=times[is_seen] * weight / (weight + equal))
        trusted = often * (sizes / (sizes + equal)).prod(axis=1)
        agreed = (halves - mean).prod(axis=1)
        common = float(np.average(agreed, weights=trusted))
        if common <= 0:
            return None
        equal = float(chance) / common
    own = weight / (weight + equal)
    guess = (seen - mean) * own / np.sqrt(common)
    values = np.full(len(total), np.nan)
    values[is_seen] = guess - np.average(guess, weights=times[is_seen])
    return Lasting(
        values,
        float(np.average(own, weights=times[is_seen])),
        float(np.sqrt(common)),
        common / _error_of_mean(agreed - common, trusted, customers[has_both]),
    )


def _error_of_mean(away: Floats, weights: Floats, customers: Ints) -> float:
    """Return the standard error of a weighted mean from what lies away from it, by customer."""
    by_customer = np.bincount(customers, weights=weights * away)
    error = float(np.sqrt((by_customer**2).sum()) / weights.sum())
    return max(error, np.finfo(float).tiny)
