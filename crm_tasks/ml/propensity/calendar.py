"""The company's calendar, read for a window of days: how much time customers take it for.

It is the clock of the value models (trend, year, week), learned from the repeat purchases that were
known on a day; there is none where they are too few to tell a season from a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.value.histories import PurchaseDays
from crm_tasks.ml.value.model import fit_clock
from crm_tasks.ml.value.seasons import speed

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.ml.propensity.facts import Facts
    from crm_tasks.ml.value.buying import Kind

#: Of the value models the one in which whoever bought once only may have left already.
KIND: Kind = "mbg_nbd"
_PURCHASE_DAYS = """
select
    people.customer_id,
    orders_dated.day,
    cast(sum(coalesce(orders_dated.net_amount, 0)) as decimal(18, 2)) as amount
from orders_dated
join people on orders_dated.customer = people.customer
where people.digest < $digest_below
group by people.customer_id, orders_dated.day
order by people.customer_id, orders_dated.day
"""


@dataclass(frozen=True)
class Calendar:
    """A learned calendar as plain numbers, so that a model in force can read it on later days."""

    first_day: dt.date
    coefficients: tuple[float, ...]

    def time_in(self, origin: dt.date, days: int) -> float:
        """Return the operational time of the days from an origin on, but for a common factor."""
        begin = (origin - self.first_day).days
        told = np.array(self.coefficients)
        return float(speed(told, np.arange(begin, begin + days), self.first_day.weekday()).sum())

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        first_day = self.first_day.isoformat()
        return {"first_day": first_day, "coefficients": list(self.coefficients)}


def purchases_of(facts: Facts, digest_below: int) -> PurchaseDays:
    """Return the days on which a sample of customers bought, as value models read them."""
    return PurchaseDays.of_rows(facts.ask(_PURCHASE_DAYS, {"digest_below": digest_below}))


def learn_calendar(purchases: PurchaseDays, before: dt.date) -> Calendar | None:
    """Return the calendar told by purchases before a day, or None where they tell of none."""
    seen = purchases.until(max((before - purchases.first_day).days, 0))
    clock = fit_clock(seen, seen, purchases.weekday_of_first, KIND, ahead=0)
    if clock.coefficients is None:
        return None
    return Calendar(purchases.first_day, tuple(clock.coefficients.tolist()))
