"""What people buy: when (BG/NBD in warped time), what (interests), and by which rules.

Each customer buys at an own rate and may leave for good after each purchase (Fader, Hardie & Lee
2005, https://doi.org/10.1287/mksc.1040.0098). The calendar (trend, year, week, holidays) stretches
and squeezes time for all, so that daily totals have known components. The history is drawn past
the planted today: what comes after belongs to the answer key alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from crm_tasks.planted import calibration as real
from crm_tasks.planted.company import BLOCK, DAYS, FUTURE_DAYS, Company
from crm_tasks.planted.people import N_INTERESTS, People

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Flags, Floats, Indices

CATEGORIES_PER_INTEREST, N_STAPLES = 3, 8
N_CATEGORIES = N_INTERESTS * CATEGORIES_PER_INTEREST + N_STAPLES
STAPLE_SHARE, INTEREST_SHARE = 0.52, 0.43  # the rest falls anywhere
MOST_ORDERS = 160
FIRST_PURCHASE_SHARE = 0.92  # of the history: the newest customers came two months ago
RANK_EXPONENT = 1.9
SECONDS = 86_400

INTEREST_NAMES = (
    "outdoor", "cooking", "reading", "fitness", "gardening", "music", "photography", "parenting",
)  # fmt: skip
CATEGORY_NAMES = (
    *tuple(f"{name} {kind}" for name in INTEREST_NAMES for kind in ("basics", "gear", "books")),
    "bread",
    "dairy",
    "drinks",
    "household",
    "snacks",
    "fruit",
    "frozen",
    "toiletries",
)

TREND_PER_YEAR = 0.12
YEAR_AMPLITUDE, YEAR_PEAK_DAY = 0.18, 340
WEEKDAYS = (0.92, 0.88, 0.90, 0.96, 1.10, 1.30, 0.94)  # Monday to Sunday
#: Day of the year, days it lasts, factor.
HOLIDAYS = ((315, 3, 1.9), (355, 4, 1.4), (40, 5, 0.6))
#: Amplitude of each staple's own year, its peak a twelfth of a year later than the one before's.
STAPLE_AMPLITUDE = 0.5

HOURS = np.array(
    [1, 1, 0.5, 0.3, 0.3, 0.5, 1.5, 3, 5, 7, 8, 8, 8, 7, 6, 6, 6.5, 8, 9, 8, 6, 4, 3, 2]
)


@dataclass(frozen=True)
class Rule:
    """A planted rule: with this probability the second product follows the first.

    ``antecedent`` and ``consequent`` are (category, rank in it).
    """

    antecedent: tuple[int, int]
    consequent: tuple[int, int]
    probability: float


BASKET_RULES = (
    Rule((24, 0), (25, 1), 0.55),
    Rule((26, 0), (28, 1), 0.45),
    Rule((27, 1), (31, 2), 0.40),
    Rule((29, 0), (25, 3), 0.35),
    Rule((30, 0), (28, 3), 0.50),
    Rule((24, 2), (26, 3), 0.30),
)
SEQUENCE_RULES = (
    Rule((25, 0), (27, 4), 0.40),
    Rule((28, 0), (30, 4), 0.35),
    Rule((31, 0), (26, 5), 0.30),
    Rule((29, 1), (24, 5), 0.30),
)


@dataclass(frozen=True)
class Catalogue:
    """All products: category, price in cents, name, and the products of each category in order."""

    category: Indices
    cents: Indices
    first_of_category: Indices
    n_per_category: int

    def product(self, category: Indices, rank: Indices) -> Indices:
        return np.asarray(category * self.n_per_category + rank)


@dataclass(frozen=True)
class Orders:
    """A block's orders, future ones included, by customer and time in seconds from the start."""

    person: Indices
    second: Indices
    number: Indices  # of the customer's own orders, from 0
    is_late: Flags
    has_discount: Flags
    is_app: Flags

    @property
    def is_past(self) -> Flags:
        return np.asarray(self.second < DAYS * SECONDS)

    @property
    def id(self) -> Indices:
        return self.person * MOST_ORDERS + self.number


@dataclass(frozen=True)
class Lines:
    """Lines of orders: place of the order in :class:`Orders`, product, quantity, money in cents."""

    order: Indices
    product: Indices
    quantity: Indices
    net_cents: Indices
    discount_cents: Indices


@dataclass(frozen=True)
class Process:
    """The purchase process of a block's shop customers, as true."""

    person: Indices
    rate_per_day: Floats
    leave_probability: Floats
    first_day: Floats
    left_after_order: Indices  # number of the order after which the customer left
    spend_factor: Floats


def catalogue(company: Company) -> Catalogue:
    """Return the products; all categories have equally many."""
    each = company.n_products // N_CATEGORIES
    category = np.repeat(np.arange(N_CATEGORIES), each)
    product = np.arange(len(category))
    logged = real.PRICE_LOG_MEAN + real.PRICE_LOG_SD * company.draws.normal("price", product)
    cents = np.maximum(np.round(100 * np.exp(logged)).astype(np.int64), 19)
    return Catalogue(category, cents, np.arange(N_CATEGORIES) * each, each)


@lru_cache
def calendar() -> Floats:
    """Return the intensity of each day from the start to the end of the future, mean one."""
    day = np.arange(DAYS + FUTURE_DAYS)
    of_year = day % 365
    level = 1 + TREND_PER_YEAR * day / 365
    level *= 1 + YEAR_AMPLITUDE * np.cos(2 * np.pi * (of_year - YEAR_PEAK_DAY) / 365)
    level *= np.array(WEEKDAYS)[(day + 6) % 7]  # 2023-01-01 is a Sunday
    for start, length, factor in HOLIDAYS:
        level[(of_year >= start) & (of_year < start + length)] *= factor
    return np.asarray(level / level.mean())


@lru_cache
def _clock() -> tuple[Floats, Floats]:
    """Return operational time at the beginning of each day, and the days."""
    return np.concatenate(([0.0], np.cumsum(calendar()))), np.arange(DAYS + FUTURE_DAYS + 1.0)


def staple_weights() -> Floats:
    """Return each staple's share by month, rows summing to one."""
    month, staple = np.arange(12)[:, None], np.arange(N_STAPLES)[None, :]
    weights = 1 + STAPLE_AMPLITUDE * np.cos(2 * np.pi * (month - 1.5 * staple) / 12)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def block_process(company: Company, block: int) -> Process:
    """Return how a block's shop customers buy, but for the order they leave after."""
    people = People(company, company.block(block))
    keep = people.is_shop_customer
    rate = gammaincinv(real.RATE_SHAPE, people.u("rate")) / real.RATE_SHAPE * real.RATE_MEAN_PER_DAY
    leave = people.leave_probability
    first = FIRST_PURCHASE_SHARE * DAYS * people.u("first purchase") ** 0.9
    left = np.floor(np.log(people.u("leaves")) / np.log1p(-leave)).astype(np.int64)
    spend = np.exp(0.35 * company.draws.normal("spend", people.person))
    return Process(
        person=people.person[keep],
        rate_per_day=rate[keep],
        leave_probability=leave[keep],
        first_day=first[keep],
        left_after_order=left[keep],
        spend_factor=spend[keep],
    )


def block_orders(company: Company, block: int, process: Process) -> Orders:
    """Return a block's orders up to the end of the future."""
    rng = company.draws.block("orders", block)
    gaps = rng.standard_exponential((len(process.person), MOST_ORDERS))
    gaps[:, 0] = 0.0
    clock, days = _clock()
    begun = np.interp(process.first_day, days, clock)
    moments = begun[:, None] + np.cumsum(gaps / process.rate_per_day[:, None], axis=1)
    is_bought = (moments < clock[-1]) & (
        np.arange(MOST_ORDERS)[None, :] <= process.left_after_order[:, None]
    )
    row, number = np.nonzero(is_bought)
    day = np.interp(moments[row, number], clock, days).astype(np.int64)
    second = day * SECONDS + _time_of_day(rng, len(day))
    order = np.lexsort((second, row))  # two orders of one day in the order of their hours
    people = People(company, process.person[row[order]])
    n = len(order)
    return Orders(
        person=people.person,
        second=second[order],
        number=number,
        is_late=rng.random(n) < people.drivers["late_delivery_share"],
        has_discount=rng.random(n) < people.drivers["discount_share"] * 1.5,
        is_app=rng.random(n) < 0.45,  # noqa: PLR2004
    )


def _time_of_day(rng: np.random.Generator, n: int) -> Indices:
    hour = np.searchsorted(np.cumsum(HOURS) / HOURS.sum(), rng.random(n))
    return np.asarray(np.minimum(hour, 23) * 3600 + rng.integers(0, 3600, n))


def block_lines(company: Company, block: int, process: Process, orders: Orders) -> Lines:
    """Return the lines of a block's orders, one per order and product."""
    rng = company.draws.block("lines", block)
    goods, n = catalogue(company), len(orders.person)
    size = np.exp(rng.normal(real.BASKET_LOG_MEAN, real.BASKET_LOG_SD, n))
    size = np.clip(np.ceil(size - 0.35), 1, real.BASKET_AT_MOST).astype(np.int64)
    order = np.repeat(np.arange(n), size)
    product = goods.product(
        _categories(company, orders, order, rng),
        (goods.n_per_category * rng.random(len(order)) ** RANK_EXPONENT).astype(np.int64),
    )
    order, product = _with_rules(orders, order, product, goods, rng)
    return _priced(order, product, process, orders, goods)


def _categories(
    company: Company, orders: Orders, order: Indices, rng: np.random.Generator
) -> Indices:
    n = len(order)
    month = (orders.second[order] // SECONDS % 365 * 12 // 365).astype(np.int64)
    cumulated = np.cumsum(staple_weights(), axis=1)
    staple = (rng.random(n)[:, None] > cumulated[month, :-1]).sum(axis=1)
    interest = People(company, orders.person).interest[order]
    own = interest * CATEGORIES_PER_INTEREST + rng.integers(0, CATEGORIES_PER_INTEREST, n)
    any_one = rng.integers(0, N_CATEGORIES, n)
    u = rng.random(n)
    n_special = N_INTERESTS * CATEGORIES_PER_INTEREST
    return np.where(
        u < STAPLE_SHARE,
        n_special + staple,
        np.where(u < STAPLE_SHARE + INTEREST_SHARE, own, any_one),
    )


def _with_rules(
    orders: Orders, order: Indices, product: Indices, goods: Catalogue, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Add what the rules add; return each (order, product) once."""
    following = np.append(orders.person[1:] == orders.person[:-1], False)
    base = np.unique(order * len(goods.category) + product)
    order, product = np.divmod(base, len(goods.category))
    added = []
    for rule, step in [*((r, 0) for r in BASKET_RULES), *((r, 1) for r in SEQUENCE_RULES)]:
        first = rule.antecedent[0] * goods.n_per_category + rule.antecedent[1]
        then = rule.consequent[0] * goods.n_per_category + rule.consequent[1]
        found = order[product == first]
        found = found[rng.random(len(found)) < rule.probability]
        if step:
            found = found[following[found]]
        added.append((found + step) * len(goods.category) + then)
    both = np.unique(np.concatenate([base, *added]))
    return np.divmod(both, len(goods.category))


def _priced(
    order: Indices, product: Indices, process: Process, orders: Orders, goods: Catalogue
) -> Lines:
    spend = np.zeros(BLOCK)
    spend[process.person % BLOCK] = process.spend_factor
    factor = spend[orders.person[order] % BLOCK]
    # A bulk buyer of staples takes several; the rest come singly. No draw: the same line always.
    odd = (order * 7 + product * 13) % 10
    is_staple = goods.category[product] >= N_INTERESTS * CATEGORIES_PER_INTEREST
    quantity = np.where(is_staple, 1 + (odd * factor // 4).astype(np.int64), 1)
    gross = np.round(goods.cents[product] * quantity * factor).astype(np.int64)
    discount = np.where(orders.has_discount[order], gross // 8, 0)
    return Lines(order, product, quantity, gross - discount, discount)


def order_times(second: Indices) -> npt.NDArray[np.datetime64]:
    """Return moments as timestamps."""
    return np.datetime64("2023-01-01T00:00:00") + second.astype("timedelta64[s]")
