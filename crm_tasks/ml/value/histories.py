"""Who bought on which days, for how much: the one input of value models, cut at any date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pandas.util import hash_array

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

EPOCH = dt.date(1970, 1, 1)

_PURCHASE_DAYS = """
select
    customer_id,
    cast((ordered_at at time zone 'UTC') at time zone $time_zone as date) as day,
    cast(sum(coalesce(net_amount, 0)) as decimal(18, 2)) as amount
from orders
where customer_id is not null and ordered_at is not null
group by customer_id, day
order by customer_id, day
"""


@dataclass(frozen=True)
class PurchaseDays:
    """Days on which customers bought, ordered by customer and day.

    Attributes
    ----------
    ids : pyarrow.Array of string
        Customers, in order; ``customer`` counts their places.
    customer, day : ndarray of int64
        Who, and the day since ``first_day``.
    amount : ndarray of float64
        Net amount of the day, what was given back subtracted.
    first_day : date
        First day of anybody's purchase.
    """

    ids: pa.Array
    customer: Ints
    day: Ints
    amount: Floats
    first_day: dt.date

    @classmethod
    def of_rows(cls, rows: pa.Table) -> PurchaseDays:
        """Return them of rows (customer_id, day, amount) in their order."""
        names = rows.column("customer_id").combine_chunks().dictionary_encode()
        day = rows.column("day").cast(pa.int32()).to_numpy().astype(np.int64)
        begin = int(day.min()) if len(day) else 0
        return cls(
            ids=names.dictionary.cast(pa.string()),
            customer=names.indices.to_numpy().astype(np.int64),
            day=day - begin,
            amount=pc.cast(rows.column("amount"), pa.float64()).to_numpy(),
            first_day=EPOCH + dt.timedelta(days=begin),
        )

    @cached_property
    def digest(self) -> Ints:
        """A digest of each id: a sample by it is of the same customers whoever else there is."""
        ids = self.ids.to_numpy(zero_copy_only=False)
        return (hash_array(ids, categorize=False) >> np.uint64(1)).astype(np.int64)

    @property
    def weekday_of_first(self) -> int:
        """Monday is 0."""
        return self.first_day.weekday()

    def until(self, before: int) -> Seen:
        """Return what is known of each customer by the beginning of a day."""
        keep = self.day < before
        customer, day, amount = self.customer[keep], self.day[keep], self.amount[keep]
        who, first, n = np.unique(customer, return_index=True, return_counts=True)
        total = np.add.reduceat(amount, first) if len(who) else np.empty(0)
        repeats = n - 1
        later = total - amount[first]
        mean = np.divide(later, repeats, out=np.zeros(len(who)), where=repeats > 0)
        is_repeat = np.ones(len(day), dtype=bool)
        is_repeat[first] = False
        return Seen(
            who, self.digest[who], repeats.astype(np.float64), day[first], day[first + n - 1],
            total, mean, before,
            np.bincount(day[is_repeat], minlength=before).astype(np.float64),
        )  # fmt: skip

    def bought_between(self, start: int, end: int) -> tuple[Floats, Floats]:
        """Return each customer's days with a purchase, and amount, from a day to before another."""
        here = (self.day >= start) & (self.day < end)
        n = len(self.ids)
        days = np.bincount(self.customer[here], minlength=n).astype(np.float64)
        paid = np.bincount(self.customer[here], self.amount[here], minlength=n)
        return days, np.asarray(paid, dtype=np.float64)


@dataclass(frozen=True)
class Seen:
    """What is known of customers who bought before day ``end``; all arrays are by customer.

    ``x`` days with a purchase after the first, ``mean`` amount on those (0 without), ``total`` of
    all days; ``digest`` is that of the id; ``repeats_per_day`` counts repeat purchases of all
    customers on each day seen.
    """

    customer: Ints
    digest: Ints
    x: Floats
    first: Ints
    last: Ints
    total: Floats
    mean: Floats
    end: int
    repeats_per_day: Floats

    def take(self, places: Ints) -> Seen:
        """Return some of the customers; the counts per day stay those of all."""
        return replace(
            self, customer=self.customer[places], digest=self.digest[places], x=self.x[places],
            first=self.first[places], last=self.last[places], total=self.total[places],
            mean=self.mean[places],
        )  # fmt: skip

    def sample(self, at_most: int) -> Seen:
        """Return at most so many of the customers, those of the lowest digests, in their order."""
        if len(self.x) <= at_most:
            return self
        return self.take(np.sort(np.argsort(self.digest, kind="stable")[:at_most]))


def purchase_days(scratch: Scratch, time_zone: str) -> PurchaseDays:
    """Return the days with purchases, by the company's clock; two orders of a day are one.

    ``scratch`` holds orders (customer_id, ordered_at, net_amount).
    """
    return PurchaseDays.of_rows(scratch.query(_PURCHASE_DAYS, {"time_zone": time_zone}))
