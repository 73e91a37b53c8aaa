"""Orders with their main category and usual price, and what customers bought before an origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import numpy.typing as npt
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("core.dim_customers", ("customer_id", "is_erased", "is_deleted")),
    "items": (
        "core.fct_order_items",
        (
            "order_id",
            "customer_id",
            "product_id",
            "ordered_at",
            "quantity",
            "net_amount",
            "is_countable",
        ),
    ),
    "products": ("core.dim_products", ("product_id", "category_l1", "category_l2")),
}
EVERYBODY = 2**32

_PEOPLE = """
create table shoppers as
select
    customer_id,
    cast(row_number() over (order by customer_id) - 1 as integer) as customer,
    coalesce(is_erased, false) or coalesce(is_deleted, false) as is_gone,
    cast(('0x' || substr(md5(customer_id), 1, 8)) as bigint) as digest
from customers
"""
#: The main category of an order is the one most was paid for; equal ones by name. The price is
#: what one unit cost, over all lines that were paid for.
_BASKETS = """
create table baskets as
with
numbered as (
    select product_id, coalesce(category_l2, category_l1) as category
    from products
    where coalesce(category_l2, category_l1) is not null
),
parts as (
    select
        items.order_id,
        numbered.category,
        min(items.customer_id) as customer_id,
        min(items.ordered_at) as ordered_at,
        sum(items.net_amount) as amount,
        sum(items.quantity) as quantity
    from items
    left join numbered on items.product_id = numbered.product_id
    where
        items.is_countable and items.quantity > 0 and items.net_amount > 0
        and items.ordered_at is not null
    group by items.order_id, numbered.category
),
orders as (
    select
        order_id,
        min(customer_id) as customer_id,
        min(ordered_at) as ordered_at,
        first(category order by amount desc, category) filter (where category is not null)
            as category,
        cast(sum(amount) as double) / sum(quantity) as unit_price,
        cast(sum(amount) as double) as amount
    from parts
    group by order_id
)
select
    shoppers.customer,
    cast((orders.ordered_at at time zone 'UTC') at time zone $time_zone as date) as day,
    orders.category,
    orders.unit_price,
    orders.amount,
    row_number() over (
        partition by shoppers.customer order by orders.ordered_at, orders.order_id
    ) as number
from orders
inner join shoppers on orders.customer_id = shoppers.customer_id
"""
_TASTES = """
with
seen as (
    select baskets.*
    from baskets
    inner join shoppers on baskets.customer = shoppers.customer
    where baskets.day < $origin and shoppers.digest < $digest_below
)
select
    customer,
    count(*) as n_orders,
    date_diff('day', max(day), $origin) as recency_days,
    median(unit_price) as usual_price,
    last(unit_price order by number) as last_price,
    median(amount) as usual_amount
from seen
group by customer
order by customer
"""
_COUNTS = """
select baskets.customer, baskets.category, count(*) as n
from baskets
inner join shoppers on baskets.customer = shoppers.customer
where baskets.day < $origin and shoppers.digest < $digest_below and baskets.category is not null
group by baskets.customer, baskets.category
order by baskets.customer, baskets.category
"""
_NEXT = """
select
    customer,
    first(category order by number) as category,
    first(unit_price order by number) as unit_price
from baskets
where day >= $origin and day < $origin + $days
group by customer
order by customer
"""
PRICES = ("usual_price", "last_price", "usual_amount", "n_orders", "recency_days")


@dataclass(frozen=True, eq=False)
class Tastes:
    """Customers as of an origin: what they chose so far, and the next order where known.

    Attributes
    ----------
    customers : ndarray of int, ascending
    counts : ndarray, (customers, categories)
        Orders by main category so far.
    prices : ndarray, (customers, 5)
        ``PRICES``: usual and last price of a unit, usual amount, orders, days since the last.
    category, price : ndarray
        Place of the next order's main category (-1 none of the categories, -2 no order) and its
        price (NaN without one).
    """

    customers: Ints
    counts: Floats
    prices: Floats
    category: Ints
    price: Floats

    def take(self, keep: npt.NDArray[np.bool_] | slice) -> Tastes:
        return Tastes(
            self.customers[keep], self.counts[keep], self.prices[keep], self.category[keep],
            self.price[keep],
        )  # fmt: skip

    def __add__(self, other: Tastes) -> Tastes:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Tastes(*(np.concatenate(pair) for pair in pairs))


class Baskets:
    """Orders in a private engine, asked as of any origin."""

    def __init__(self, scratch: Scratch, time_zone: str) -> None:
        self._scratch = scratch
        scratch.query(_PEOPLE)
        scratch.query(_BASKETS, {"time_zone": time_zone})

    @property
    def ids(self) -> pa.ChunkedArray:
        """Customer ids by number."""
        found = self._scratch.query("select customer_id from shoppers order by customer")
        return found.column("customer_id")

    @property
    def gone(self) -> npt.NDArray[np.bool_]:
        """By number, whether a customer is erased or deleted."""
        found = self._scratch.query("select is_gone from shoppers order by customer")
        return np.asarray(found.column("is_gone").to_numpy(), dtype=bool)

    def first_day(self) -> dt.date | None:
        """Return the day of the first order, or None without any."""
        return self._scratch.query("select min(day) as day from baskets").column("day")[0].as_py()  # type: ignore[no-any-return]

    def digest_below(self, customers_at_most: int) -> int:
        """Return the digest below which about so many customers lie."""
        n = self._scratch.query("select count(*) as n from shoppers").column("n")[0].as_py()
        return EVERYBODY if n <= customers_at_most else EVERYBODY * customers_at_most // n

    def categories(self, before: dt.date, at_most: int) -> tuple[str, ...]:
        """Return the most frequent main categories of orders before a date, the first first."""
        found = self._scratch.query(
            "select category, count(*) as n from baskets where day < $before "
            "and category is not null group by category order by n desc, category limit $at_most",
            {"before": before, "at_most": at_most},
        )
        return tuple(found.column("category").to_pylist())

    def tastes(
        self, origin: dt.date, days: int, categories: Sequence[str], digest_below: int = EVERYBODY
    ) -> Tastes:
        """Return the customers who had ordered before ``origin``, with what they chose next."""
        asked = {"origin": origin, "digest_below": digest_below}
        seen = self._scratch.query(_TASTES, asked)
        customers = seen.column("customer").to_numpy().astype(np.int64)
        prices = np.column_stack(
            [seen.column(name).to_numpy(zero_copy_only=False).astype(float) for name in PRICES]
        )
        counts = np.zeros((len(customers), len(categories)))
        listed = self._scratch.query(_COUNTS, asked)
        places = _places(listed.column("category").to_pylist(), categories)
        kept = places >= 0
        rows = np.searchsorted(customers, listed.column("customer").to_numpy())
        counts[rows[kept], places[kept]] = listed.column("n").to_numpy()[kept]
        chosen = self._scratch.query(_NEXT, {"origin": origin, "days": days})
        buyers = chosen.column("customer").to_numpy()
        is_known = np.isin(buyers, customers)
        rows = np.searchsorted(customers, buyers[is_known])
        category = np.full(len(customers), -2, dtype=np.int64)
        category[rows] = _places(chosen.column("category").to_pylist(), categories)[is_known]
        price = np.full(len(customers), np.nan)
        price[rows] = chosen.column("unit_price").to_numpy()[is_known]
        return Tastes(customers, counts, prices, category, price)


def _places(names: list[str | None], categories: Sequence[str]) -> Ints:
    place = {name: number for number, name in enumerate(categories)}
    return np.array([place.get(name or "", -1) for name in names], dtype=np.int64)
