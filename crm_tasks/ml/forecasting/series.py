"""The series that are forecast: one value a day (a week where sales are sparse), gaps filled.

Levels are all sales, the largest categories, and customers by their state. Whoever is "active"
today has bought lately by definition, so that today's label on yesterday's purchases would know the
future; a purchase counts for the state its customer was in when its block of thirty days began.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

METRICS = ("units", "net_amount")
STATES = ("active", "cooling", "away", "new")
#: Days since the last purchase when a block begins, below which a customer is active, or cooling.
ACTIVE_DAYS, COOLING_DAYS = 30, 90
WEEK = 7

#: Moments repeat (one per order), so that each is turned into the company's own time once.
_SALES = """
with moments as (
    select
        ordered_at,
        (ordered_at at time zone 'UTC') at time zone $time_zone as local_at
    from order_items
    where ordered_at is not null
    group by ordered_at
)

select
    order_items.customer_id,
    cast(moments.local_at as date) as day,
    coalesce(products.category_l2, products.category_l1) as category,
    cast(sum(case when order_items.is_countable then order_items.quantity else 0 end) as double)
        as units,
    cast(cast(sum(order_items.net_amount) as decimal(18, 2)) as double) as net_amount,
    max(moments.local_at) as last_at
from order_items
inner join moments on order_items.ordered_at = moments.ordered_at
left join products on order_items.product_id = products.product_id
group by order_items.customer_id, day, category
order by order_items.customer_id nulls last, day, category nulls last
"""


@dataclass(frozen=True, eq=False)
class Series:
    """One series: a value for each step from ``first_date`` to the last day before the as-of date.

    ``step_days`` is 1 or 7; ``period`` the steps of its season, 1 without one; ``lead`` the steps
    between its end and the as-of date, which are forecast and not published.
    """

    series_id: str
    level: str
    metric: str
    first_date: dt.date
    step_days: int
    period: int
    lead: int
    values: Floats

    def date_of(self, place: int) -> dt.date:
        """Return the day step ``place`` begins on; places past the end lie ahead."""
        return self.first_date + dt.timedelta(days=place * self.step_days)

    @property
    def scale(self) -> float:
        """Mean error of the seasonal naive method within the series: what MASE divides by."""
        return scale_of(self.values, self.period)


def scale_of(values: Floats, period: int) -> float:
    """Return the mean absolute difference between values one season apart, 0 without any."""
    lag = period if len(values) > period else 1
    return float(np.mean(np.abs(values[lag:] - values[:-lag]))) if len(values) > lag else 0.0


def sales_series(
    scratch: Scratch, as_of: dt.date, time_zone: str, *, categories: int, sparse_share: float
) -> list[Series]:
    """Return the series of a company, by series_id and metric.

    ``scratch`` holds order_items (customer_id, product_id, ordered_at, quantity, net_amount,
    is_countable) and products (product_id, category_l1, category_l2).

    Parameters
    ----------
    categories : int
        So many categories of the highest net amount have a series.
    sparse_share : float
        With a larger share of days without a sale a series is weekly.
    """
    sales = scratch.query(_SALES, {"time_zone": time_zone})
    if not sales.num_rows:
        return []
    day = _days(sales)
    first, end = int(day.min()), _end(sales, day, as_of)
    origin = dt.date(1970, 1, 1)
    values = {name: sales.column(name).to_numpy() for name in METRICS}
    groups = {"all": ("all", np.ones(len(day), dtype=bool))}
    groups |= {f"segment:{n}": ("segment", rows) for n, rows in _states(sales, day, end).items()}
    groups |= _largest(sales, values["net_amount"], categories)
    found = []
    whole = (as_of - origin).days
    for series_id, (level, rows) in sorted(groups.items()):
        # Nobody's state is known before there are days to tell it from.
        begin = min(first + COOLING_DAYS, whole - 1) if level == "segment" else first
        here = rows & (day >= begin) & (day < whole)
        sold = np.bincount(day[here] - begin, minlength=whole - begin)
        is_sparse = float((sold == 0).mean()) > sparse_share
        for metric in METRICS:
            daily = np.bincount(day[here] - begin, values[metric][here], minlength=whole - begin)
            start = origin + dt.timedelta(days=begin)
            one = _gathered(daily.astype(np.float64), whole - end, start, is_sparse=is_sparse)
            found.append(Series(series_id, level, metric, *one))
    return found


def _days(sales: pa.Table) -> Ints:
    return np.asarray(sales.column("day").cast(pa.int32()).to_numpy(), dtype=np.int64)


def _end(sales: pa.Table, day: Ints, as_of: dt.date) -> int:
    """Return the day after the last whole one.

    Sales end before the as-of date where the delivery was cut off during its last day: that day's
    last sale is then earlier in the day than on any of the four weeks before.
    """
    end = (as_of - dt.date(1970, 1, 1)).days
    moment = sales.column("last_at").cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    second = moment // 1_000_000 - day * 86_400
    last = int(day[day < end].max())
    latest = np.zeros(28, dtype=np.int64)
    near = (day > last - 28) & (day <= last)
    np.maximum.at(latest, day[near] - (last - 27), second[near])
    others = latest[:-1][latest[:-1] > 0]
    is_cut_off = last == end - 1 and len(others) > 0 and latest[-1] < others.min()
    return last if is_cut_off else end


def _states(sales: pa.Table, day: Ints, end: int) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which rows belong to customers of each state when their block began."""
    customer = sales.column("customer_id").combine_chunks().dictionary_encode().indices
    is_known = ~np.asarray(customer.is_null())
    who = np.asarray(customer.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    block = end - ((end - 1 - day) // ACTIVE_DAYS + 1) * ACTIVE_DAYS
    span = int(day.max()) + ACTIVE_DAYS + 1
    place = np.searchsorted(who * span + day, who * span + block) - 1
    before = np.where((place >= 0) & (who[np.maximum(place, 0)] == who), day[place], -1)
    since = block - before
    has_bought = before >= 0
    state = np.where(~has_bought, 3, np.where(since <= ACTIVE_DAYS, 0, 1 + (since > COOLING_DAYS)))
    return {name: is_known & (state == number) for number, name in enumerate(STATES)}


def _largest(
    sales: pa.Table, amount: Floats, categories: int
) -> dict[str, tuple[str, npt.NDArray[np.bool_]]]:
    names = sales.column("category").combine_chunks().dictionary_encode()
    code = np.asarray(names.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    known = code >= 0
    total = np.bincount(code[known], amount[known], minlength=len(names.dictionary))
    told = names.dictionary.to_pylist()
    order = sorted(range(len(told)), key=lambda place: (-total[place], told[place]))
    return {f"category:{told[place]}": ("category", code == place) for place in order[:categories]}


def _gathered(
    daily: Floats, cut_off: int, first: dt.date, *, is_sparse: bool
) -> tuple[dt.date, int, int, int, Floats]:
    """Return (first date, days a step, season, lead, values); weeks end with the last day.

    ``cut_off`` days at the end are incomplete: not used by day, little of a week.
    """
    if not is_sparse or len(daily) < 2 * WEEK:
        return first, 1, WEEK, cut_off, daily[: len(daily) - cut_off]
    rest = len(daily) % WEEK
    weeks = daily[rest:].reshape(-1, WEEK).sum(axis=1)
    return first + dt.timedelta(days=rest), WEEK, 1, 0, weeks
