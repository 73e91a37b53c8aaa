"""How often customers buy and whether they still do: BG/NBD by maximum likelihood.

A customer buys at a rate drawn from a gamma distribution and leaves for good after a purchase with
a probability drawn from a beta distribution (Fader, Hardie, Lee 2005,
https://doi.org/10.1287/mksc.1040.0098). There nobody leaves after the first purchase, so that
whoever bought once is alive for certain; in the modified model (Batislam, Denizel, Filiztekin 2007,
https://doi.org/10.1016/j.ijresmar.2006.12.005) they may. Both share one likelihood, whose two parts
are "alive at the end" and "left at the last purchase".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

Kind = Literal["bg_nbd", "mbg_nbd"]

#: Starting points of (r, alpha, a, b) in units of the mean age: one per shape of customer base.
STARTS = ((0.5, 0.5, 1.0, 2.0), (1.0, 1.0, 0.5, 5.0), (0.1, 0.1, 2.0, 2.0), (5.0, 2.0, 0.1, 10.0))
#: Log-parameters stay within these: a likelihood that rises for ever (nobody comes back, all
#: customers alike) ends at a bound and says so.
BOUNDS = ((-9.0, 7.0), (-9.0, 9.0), (-9.0, 7.0), (-9.0, 9.0))
AT_BOUND = 1e-3
NODES = 48


@dataclass(frozen=True)
class Histories:
    """Purchase histories, equal ones counted once.

    Attributes
    ----------
    x : ndarray of float64
        Repeat purchases: days with a purchase after the first.
    t_x, age : ndarray of float64
        Time from the first purchase to the last and to the end of what is seen, in one unit.
    n : ndarray of float64
        Customers with this history.
    """

    x: Floats
    t_x: Floats
    age: Floats
    n: Floats

    @classmethod
    def of_customers(cls, x: Floats, t_x: Floats, age: Floats) -> Histories:
        """Return the distinct histories of customers with their numbers."""
        distinct, n = np.unique(np.column_stack([x, t_x, age]), axis=0, return_counts=True)
        x, t_x, age = distinct.T.astype(np.float64)
        return cls(x, t_x, age, n.astype(np.float64))


@dataclass(frozen=True)
class BuyingModel:
    """A fitted model: gamma (r, alpha) of the rate, beta (a, b) of leaving after a purchase.

    ``alpha`` is in the unit of the histories; ``log_likelihood`` too, without constants.
    """

    kind: Kind
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    has_converged: bool
    is_at_bound: bool

    def p_alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Return the probability that each customer has not left."""
        here, left = _log_parts(np.array([self.r, self.alpha, self.a, self.b]), self.kind, x, t_x,
                                age)  # fmt: skip
        return np.asarray(np.exp(here - np.logaddexp(here, left)))

    def p_buys(self, x: Floats, t_x: Floats, age: Floats, ahead: float) -> Floats:
        """Return the probability of a purchase within ``ahead``: alive, and the rate suffices."""
        waits = np.exp(-(self.r + x) * np.log1p(ahead / (self.alpha + age)))
        return np.asarray(self.p_alive(x, t_x, age) * (1 - waits))

    def expected_purchases(
        self, x: Floats, t_x: Floats, age: Floats, ahead: Floats | float
    ) -> Floats:
        """Return the expected number of purchases within ``ahead``, one or one per customer.

        Of a customer alive with leaving probability p it is (1 - (1 + p ahead / (alpha + age)) **
        -(r + x)) / p, averaged over the beta distribution of p by Gauss-Jacobi quadrature; equal to
        the paper's formula with the hypergeometric function, and stable where that is not.
        """
        expected, far = np.empty(len(x)), np.broadcast_to(ahead, x.shape) / (self.alpha + age)
        for repeats in np.unique(x).tolist():
            here = x == repeats
            p, weight = _beta_nodes(self.a, self.b + repeats + (self.kind == "mbg_nbd"))
            wait = np.log1p(p[None, :] * far[here][:, None])
            expected[here] = (-np.expm1(-(self.r + repeats) * wait) / p) @ weight
        return self.p_alive(x, t_x, age) * expected


def fit_buying(histories: Histories, kind: Kind) -> BuyingModel:
    """Return the model of highest likelihood, from several starts in scaled time.

    Raises
    ------
    ValueError
        No customer, or an age that is not above zero.
    """
    if not len(histories.x) or histories.age.min() < 0 or histories.age.max() <= 0:
        raise ValueError("expected at least one customer seen for a time above zero")
    unit = float(np.average(histories.age, weights=histories.n))
    t_x, age = histories.t_x / unit, histories.age / unit
    total = histories.n.sum()

    # Gamma functions of x are the dear part, and few x are distinct.
    repeats, place = np.unique(histories.x, return_inverse=True)

    def loss(theta: Floats) -> tuple[float, Floats]:
        seen = (repeats, place, t_x, age, histories.n)
        value, gradient = _log_likelihood(np.exp(theta), kind, seen)
        return -value / total, -gradient * np.exp(theta) / total

    with threadpool_limits(1):
        found = [
            minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=BOUNDS,
                     options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-7})
            for start in STARTS
        ]  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    r, alpha, a, b = np.exp(best.x)
    at_bound = any(
        min(place - low, high - place) < AT_BOUND
        for place, (low, high) in zip(best.x, BOUNDS, strict=True)
    )
    purchases = float(histories.n @ histories.x)
    value = -float(best.fun) * total - purchases * np.log(unit)
    return BuyingModel(kind, float(r), float(alpha * unit), float(a), float(b), float(value),
                       _is_flat(best.x, best.jac), at_bound)  # fmt: skip


def _is_flat(theta: Floats, gradient: Floats) -> bool:
    """Return whether nothing is left to gain: no slope but against a bound."""
    low, high = np.array(BOUNDS).T
    free = np.where(theta <= low + AT_BOUND, np.minimum(gradient, 0), gradient)
    free = np.where(theta >= high - AT_BOUND, np.maximum(free, 0), free)
    return bool(np.abs(free).max() < 1e-4)  # noqa: PLR2004 (per customer, in log-parameters)


def _log_parts(
    params: Floats, kind: Kind, x: Floats, t_x: Floats, age: Floats
) -> tuple[Floats, Floats]:
    """Return the log-likelihoods of having stayed to the end and of having left at ``t_x``."""
    r, alpha, a, b = params
    may_leave_at_once = kind == "mbg_nbd"
    kept = b + x + may_leave_at_once
    bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    here = bought + betaln(a, kept) - (r + x) * np.log(alpha + age)
    can_leave = (x > 0) | may_leave_at_once
    left = (
        bought + betaln(a + 1, np.where(can_leave, kept - 1, 1.0)) - (r + x) * np.log(alpha + t_x)
    )
    return here, np.where(can_leave, left, -np.inf)


def _log_likelihood(
    params: Floats, kind: Kind, seen: tuple[Floats, Ints, Floats, Floats, Floats]
) -> tuple[float, Floats]:
    """Return the log-likelihood of all customers and its gradient.

    ``seen``: the distinct x, each history's place among them, t_x, age and number.
    """
    r, alpha, a, b = params
    x, place, t_x, age, n = seen
    kept = b + x + (kind == "mbg_nbd")
    can_leave = (x > 0) | (kind == "mbg_nbd")
    before = np.where(can_leave, kept - 1, 1.0)
    bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    left_part = np.where(can_leave, bought + betaln(a + 1, before), -np.inf)
    log_age, log_last = np.log(alpha + age), np.log(alpha + t_x)
    power = (r + x)[place]
    here = (bought + betaln(a, kept))[place] - power * log_age
    each = np.logaddexp(here, left_part[place] - power * log_last)
    stays = np.exp(here - each)
    leaves = 1 - stays
    lost = np.where(can_leave, digamma(before), 0.0)
    both = digamma(a + kept)
    slopes = (
        (digamma(r + x) - digamma(r) + np.log(alpha))[place] - stays * log_age - leaves * log_last,
        r / alpha - power * (stays / (alpha + age) + leaves / (alpha + t_x)),
        leaves / a + (digamma(a + b) - both)[place],
        stays * digamma(kept)[place] + leaves * lost[place]
        + (digamma(a + b) - digamma(b) - both)[place],
    )  # fmt: skip
    return float(n @ each), np.array([n @ slope for slope in slopes])


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Return places in (0, 1) and weights that average over a beta distribution.

    Golub and Welsch 1969 (https://doi.org/10.1090/S0025-5718-69-99647-1): the eigenvalues of the
    recurrence of the Jacobi polynomials; large ``b`` (frequent buyers) overflow no weight.
    """
    k = np.arange(1.0, NODES)
    first, second = b - 1, a - 1  # powers of (1 - t) and (1 + t) on (-1, 1)
    total = 2 * k + first + second
    middle = np.concatenate(
        [
            [(second - first) / (first + second + 2)],
            (second**2 - first**2) / (total * (total + 2)),
        ]
    )
    # For k = 1 the general form is 0/0 where first + second = -1; one factor cancels.
    side = 4 * k * (k + first) * (k + second) / (total**2 * (total + 1))
    side[1:] *= (k[1:] + first + second) / (total[1:] - 1)
    places, vectors = eigh_tridiagonal(middle, np.sqrt(side))
    return np.clip((1 + places) / 2, 1e-300, 1.0), vectors[0] ** 2
