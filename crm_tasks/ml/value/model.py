"""One model of value: a calendar, how often customers buy, and for how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from crm_tasks.ml.value.buying import BuyingModel, Histories, Kind, fit_buying
from crm_tasks.ml.value.seasons import Clock, learn_clock
from crm_tasks.ml.value.spending import SpendingModel, fit_spending

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.value.histories import Seen

    Floats = npt.NDArray[np.float64]

KINDS: tuple[Kind, ...] = ("bg_nbd", "mbg_nbd")


@dataclass(frozen=True)
class ValueParams:
    """Parameters of the value models; made without arguments, the house's own.

    Attributes
    ----------
    horizons : tuple of int
        Days ahead that are predicted.
    repeaters_at_least : int
        With fewer customers who came back, their own rate goes on: nothing is fitted.
    customers_at_least : int
        Fewer than this teach a ranking nothing.
    customers_at_most : int
        Customers learned from and judged by, those with the lowest digests; all are scored.
    draws : int
        Futures drawn per customer for the 10 % and 90 % points.
    judged_days : int
        Length of the period that judges, and of the one the boosted ranking learns from.
    seed : int
        Of every draw.
    """

    horizons: tuple[int, int, int] = (30, 90, 365)
    repeaters_at_least: int = 30
    customers_at_least: int = 100
    customers_at_most: int = 100_000
    draws: int = 200
    judged_days: int = 90
    seed: int = 1


@dataclass(frozen=True)
class ValueModel:
    """A fitted model; times are readings of ``clock``."""

    buying: BuyingModel
    spending: SpendingModel | None
    clock: Clock
    n_fitted: int

    @property
    def name(self) -> str:
        return f"{self.buying.kind}+gamma_gamma"

    def history(self, seen: Seen) -> tuple[Floats, Floats, Floats]:
        """Return (x, t_x, age) of customers in operational time."""
        return (
            seen.x,
            self.clock.between(seen.first, seen.last),
            self.clock.between(seen.first, seen.end),
        )

    def ahead(self, seen: Seen, days: int) -> float:
        """Return how much operational time the next days will bring."""
        return float(self.clock.reading[seen.end + days] - self.clock.reading[seen.end])

    def p_alive(self, seen: Seen) -> Floats:
        return self.buying.p_alive(*self.history(seen))

    def p_buys(self, seen: Seen, days: int) -> Floats:
        return self.buying.p_buys(*self.history(seen), self.ahead(seen, days))

    def expected_purchases(self, seen: Seen, days: int) -> Floats:
        return self.buying.expected_purchases(*self.history(seen), self.ahead(seen, days))

    def expected_value(self, seen: Seen) -> Floats:
        """Return the expected amount of a purchase; everybody's where nothing was paid again."""
        if self.spending is None:
            n, paid = seen.x.sum() + len(seen.x), seen.total.sum()
            return np.full(len(seen.x), max(paid / n, 0.0))
        has_paid = (seen.x > 0) & (seen.mean > 0)
        return self.spending.expected_value(np.where(has_paid, seen.x, 0.0), seen.mean)

    def drawn_values(self, seen: Seen, days: int, draws: int, rng: np.random.Generator) -> Floats:
        """Return drawn future amounts, customer x draw: what one may be worth, not the mean.

        Purchases until leaving are geometric, those that time allows Poisson; the fewer happen.
        """
        x, _, age = self.history(seen)
        model, shape = self.buying, (len(x), draws)
        rate = rng.gamma((model.r + x)[:, None], 1 / (model.alpha + age)[:, None], shape)
        leaving = rng.beta(model.a, (model.b + x + (model.kind == "mbg_nbd"))[:, None], shape)
        until_leaving = rng.geometric(np.clip(leaving, 1e-9, 1.0))
        allowed = rng.poisson(rate * self.ahead(seen, days))
        is_here = rng.random(shape) < self.p_alive(seen)[:, None]
        number = np.where(is_here, np.minimum(allowed, until_leaving), 0)
        if self.spending is None:
            return number * self.expected_value(seen)[:, None]
        spending = self.spending
        paid = np.where((seen.x > 0) & (seen.mean > 0), seen.x, 0.0)
        scale = rng.gamma((spending.q + spending.p * paid)[:, None], 1.0, shape)
        scale /= (spending.gamma + paid * seen.mean)[:, None]
        paid_then = rng.gamma(spending.p * np.maximum(number, 1)) / scale
        return np.asarray(np.where(number > 0, paid_then, 0.0))


def fit_value(
    seen: Seen, weekday_of_first: int, params: ValueParams, kind: Kind, *, ahead: int
) -> ValueModel | None:
    """Return a model of one kind fitted on what is known, None where it is too little.

    ``ahead`` days past the end can be predicted.
    """
    if (seen.x > 0).sum() < params.repeaters_at_least or seen.end < 1:
        return None
    sample = seen.sample(params.customers_at_most)
    clock = fit_clock(seen, sample, weekday_of_first, kind, ahead=ahead)
    buying = _fit_buying(sample, clock, kind)
    if not buying.has_converged or buying.is_at_bound:
        return None
    return ValueModel(buying, _fit_spending(sample), clock, len(sample.x))


def fit_clock(seen: Seen, sample: Seen, weekday_of_first: int, kind: Kind, *, ahead: int) -> Clock:
    """Return the clock of what is known; ``sample`` are the customers its models are fitted to."""
    with threadpool_limits(1):
        return learn_clock(
            seen.first, seen.repeats_per_day, ahead, weekday_of_first,
            lambda clock: _fit_buying(sample, clock, kind),
        )  # fmt: skip


def _fit_buying(seen: Seen, clock: Clock, kind: Kind) -> BuyingModel:
    t_x, age = clock.between(seen.first, seen.last), clock.between(seen.first, seen.end)
    return fit_buying(Histories.of_customers(seen.x, t_x, age), kind)


def _fit_spending(seen: Seen) -> SpendingModel | None:
    paid = (seen.x > 0) & (seen.mean > 0)
    if paid.sum() < 2:  # noqa: PLR2004 (one customer does not vary)
        return None
    return fit_spending(seen.x[paid], seen.mean[paid])


def own_rate(seen: Seen, days: int) -> Floats:
    """Return the naive answer: everybody goes on as until now, newcomers as all do together."""
    age = (seen.end - seen.first).astype(np.float64)
    together = seen.x.sum() / max(age.sum(), 1.0)
    rate = np.divide(seen.x, age, out=np.full(len(age), together), where=age > 0)
    return np.asarray(days * rate)
