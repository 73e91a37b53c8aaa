"""What customers did in the latest days and before them, as counts, means and spreads.

Per order four figures are kept that say different things, on a scale on which spreads compare:
logarithms of items and of the full price of one, arc sines of the shares sent back and granted.
They are summed as decimals, so that the order of rows decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.anomalies.params import AnomalyParams

    Floats = npt.NDArray[np.float64]

ORDERS = (
    "customer_id", "ordered_at", "gross_amount", "discount_amount", "return_amount",
    "count_items",
)  # fmt: skip
#: Per figure of an order: its name and how it is computed.
FIGURES = {
    "price_per_item": "case when gross_amount > 0 and count_items > 0"
    " then ln(cast(gross_amount as double) / count_items) end",
    "items_per_order": "case when count_items > 0 then ln(cast(count_items as double)) end",
    "return_share": "asin(sqrt(least(greatest(cast(return_amount as double)"
    " / nullif(cast(gross_amount as double), 0), 0), 1)))",
    "discount_share": "asin(sqrt(least(greatest(cast(discount_amount as double)"
    " / nullif(cast(gross_amount as double), 0), 0), 1)))",
}
_SUMMED = """
    count({name}) filter (where not is_recent) as {name}_n,
    cast(sum({name}) filter (where not is_recent) as double) as {name}_sum,
    cast(sum({name} * {name}) filter (where not is_recent) as double) as {name}_squares,
    count({name}) filter (where is_recent) as {name}_n_recent,
    cast(sum({name}) filter (where is_recent) as double) as {name}_sum_recent"""
_HISTORIES = """
with dated as (
    select
        customer_id,
        cast((ordered_at at time zone 'UTC') at time zone $time_zone as date) as day,
        {figures}
    from orders
    where customer_id is not null and ordered_at is not null
),

placed as (
    select *, day >= $origin - $window as is_recent from dated where day < $origin
)

select
    customer_id,
    date_diff('day', min(day), $origin) - $window as days_before,
    count(*) filter (where not is_recent) as n_before,
    count(*) filter (where is_recent) as n_recent,{summed}
from placed
group by customer_id
having count(*) filter (where not is_recent) >= $least
    and days_before >= $history
    and max(day) filter (where not is_recent) >= $origin - $window - $silent
order by customer_id
"""


@dataclass(frozen=True, eq=False)
class Histories:
    """Customers with a history, ascending by id; ``n``, ``mean``, ... are customers x figures.

    Attributes
    ----------
    days_before, n_before, n_recent : ndarray
        Days from the first order to the window, orders before it and in it.
    n, mean, squares : ndarray
        Of each figure before the window: how often known, mean, sum of squared deviations.
    n_late, late : ndarray
        Of each figure in the window: how often known, mean (NaN where never).
    """

    ids: pa.ChunkedArray
    days_before: Floats
    n_before: Floats
    n_recent: Floats
    n: Floats
    mean: Floats
    squares: Floats
    n_late: Floats
    late: Floats

    def __len__(self) -> int:
        return len(self.n_before)

    def take(self, places: npt.NDArray[np.int64]) -> Histories:
        """Return some of the customers."""
        import pyarrow as pa

        arrays = {name: getattr(self, name)[places] for name in _ARRAYS}
        return replace(self, ids=self.ids.take(pa.array(places)), **arrays)


_ARRAYS = (
    "days_before", "n_before", "n_recent", "n", "mean", "squares", "n_late", "late",
)  # fmt: skip


def histories_at(
    scratch: Scratch, origin: dt.date, time_zone: str, params: AnomalyParams
) -> Histories:
    """Return the histories as of an origin; ``scratch`` holds core.fct_orders as ``orders``."""
    figures = ",\n        ".join(
        f"cast(round({how}, 6) as decimal(12, 6)) as {name}" for name, how in FIGURES.items()
    )
    summed = ",".join(_SUMMED.format(name=name) for name in FIGURES)
    found = scratch.query(
        _HISTORIES.format(figures=figures, summed=summed),
        {
            "origin": origin, "window": params.window_days, "time_zone": time_zone,
            "least": params.orders_at_least, "history": params.history_days,
            "silent": params.silent_at_most,
        },
    )  # fmt: skip

    def floats(name: str) -> Floats:
        column = found.column(name).to_numpy(zero_copy_only=False)
        return np.asarray(column, dtype=np.float64)

    def per_figure(ending: str) -> Floats:
        return np.column_stack([floats(f"{name}_{ending}") for name in FIGURES])

    n, n_late = per_figure("n"), per_figure("n_recent")
    mean = _mean(per_figure("sum"), n)
    return Histories(
        ids=found.column("customer_id"),
        days_before=floats("days_before"),
        n_before=floats("n_before"),
        n_recent=floats("n_recent"),
        n=n,
        mean=mean,
        squares=np.maximum(np.nan_to_num(per_figure("squares") - n * mean**2), 0.0),
        n_late=n_late,
        late=_mean(per_figure("sum_recent"), n_late),
    )


def _mean(total: Floats, n: Floats) -> Floats:
    found = np.full(total.shape, np.nan)
    np.divide(total, n, out=found, where=n > 0)
    return found
