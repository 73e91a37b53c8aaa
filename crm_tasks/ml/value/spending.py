"""What an order of a customer is worth: Gamma-Gamma by maximum likelihood.

Values of one customer vary around a mean of their own, which varies among customers (Fader, Hardie
2013, http://www.brucehardie.com/notes/025/). It takes how often one buys and for how much to be
independent; the correlation stands beside the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STARTS = ((1.0, 2.0, 1.0), (5.0, 4.0, 0.8), (0.5, 10.0, 5.0))
#: Of the logs of p, q - 1 and gamma; q above one, since else no mean value exists.
BOUNDS = ((-7.0, 9.0), (-4.0, 9.0), (-9.0, 12.0))


@dataclass(frozen=True)
class SpendingModel:
    """A fitted model: values of a customer are gamma (p, nu), nu is gamma (q, gamma)."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    has_converged: bool

    def expected_value(self, x: Floats, mean: Floats) -> Floats:
        """Return the expected value of a purchase: between the customer's mean and everybody's.

        ``x`` purchases of mean value ``mean``; with none it is everybody's.
        """
        return self.p * (self.gamma + x * mean) / (self.p * x + self.q - 1)


def fit_spending(x: Floats, mean: Floats) -> SpendingModel:
    """Return the model of highest likelihood for customers with ``x`` purchases of mean value.

    Raises
    ------
    ValueError
        No customer, or one without a purchase or with a mean that is not above zero.
    """
    if not len(x) or x.min() < 1 or mean.min() <= 0:
        raise ValueError("expected customers with purchases of a value above zero")
    unit = float(mean.mean())
    m, total = mean / unit, len(x)

    def loss(theta: Floats) -> tuple[float, Floats]:
        p, rest, gamma = np.exp(theta)
        q, px = rest + 1, p * x
        grown = np.log(gamma + m * x)
        each = (gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(gamma)
                + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * grown)  # fmt: skip
        slopes = (
            x * (digamma(px + q) - digamma(px) + np.log(m) + np.log(x) - grown),
            digamma(px + q) - digamma(q) + np.log(gamma) - grown,
            q / gamma - (px + q) / (gamma + m * x),
        )
        gradient = np.array([s.sum() for s in slopes]) * (p, rest, gamma)
        return -float(each.sum()) / total, -gradient / total

    with threadpool_limits(1):
        found = [
            minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=BOUNDS,
                     options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-7})
            for start in STARTS
        ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    p, rest, gamma = (float(v) for v in np.exp(best.x))
    value = -float(best.fun) * total - total * np.log(unit)
    return SpendingModel(p, rest + 1, gamma * unit, value, bool(best.success))
