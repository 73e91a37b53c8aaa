"""What is known of customers before a moment: what uplift may be learned from.

The same statement serves training (before each campaign began) and use (before the as-of date), so
that nothing of the time after a campaign's start can slip into its model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.evaluation.tie_log import TieLog
    from crm_tasks.graph.engine.network import Floats, Ints

#: Enough that what few buy, which tells them apart, does not fall behind what everybody buys: with
#: all 32 categories of a planted company, not 24, learned effects came nearer to the true ones
#: (mean correlation .44, not .39).
CATEGORIES_AT_MOST = 40

#: ``cuts`` holds cut_id, cut_at; ``asked`` cut_id, customer_id. Shares are of spending.
_BOUGHT = """
with bought as (
    select
        cuts.cut_id,
        items.customer_id,
        items.category,
        cuts.cut_at,
        min(items.ordered_at) as first_at,
        max(items.ordered_at) as last_at,
        count(distinct items.order_id) as n_orders,
        cast(sum(items.net_amount) as double) as spent,
        cast(sum(items.discount_amount) as double) as saved
    from cuts
    inner join items on items.ordered_at < cuts.cut_at
    group by cuts.cut_id, items.customer_id, items.category, cuts.cut_at
)

select
    asked.place,
    bought.category,
    date_diff('day', bought.first_at, bought.cut_at) as days_since_first,
    date_diff('day', bought.last_at, bought.cut_at) as days_since_last,
    bought.n_orders,
    bought.spent,
    bought.saved
from asked
inner join bought on asked.cut_id = bought.cut_id and asked.customer_id = bought.customer_id
order by asked.place, bought.category
"""

_CATEGORIES = """
select category
from items
where category is not null
group by category
order by count(*) desc, category
limit $at_most
"""


def customer_features(
    scratch: Scratch, customer: Ints, cut: Ints, cut_days: Floats, ties: TieLog
) -> Floats:
    """Return one row of features per asked customer and moment.

    Parameters
    ----------
    scratch : Scratch
        Holds items (customer_id, order_id, ordered_at, category, net_amount, discount_amount),
        cuts (cut_id, cut_at) and asked (place, cut_id, customer_id), whose places count the rows.
    customer, cut : ndarray of int64, shape (n,)
        Number of the customer and of the moment.
    cut_days : ndarray of float64
        Each moment in days since 1970.
    """
    words = scratch.query(_CATEGORIES, {"at_most": CATEGORIES_AT_MOST})["category"].to_pylist()
    bought = scratch.query(_BOUGHT)
    n = len(customer)
    return np.column_stack([_habits(bought, n), _tastes(bought, n, words), *_company(
        customer, cut, cut_days, ties
    )])  # fmt: skip


def _habits(bought: pa.Table, n: int) -> Floats:
    place = bought["place"].to_numpy()
    spent, saved, orders = (
        np.bincount(place, bought[name].to_numpy().astype(np.float64), n)
        for name in ("spent", "saved", "n_orders")
    )
    first, last = np.zeros(n), np.full(n, np.inf)
    np.maximum.at(first, place, bought["days_since_first"].to_numpy().astype(np.float64))
    np.minimum.at(last, place, bought["days_since_last"].to_numpy().astype(np.float64))
    has_bought = np.isfinite(last)
    gross = spent + saved
    discount = np.divide(saved, gross, out=np.zeros(n), where=gross > 0)
    recency = np.where(has_bought, np.log1p(np.where(has_bought, last, 0.0)), 0.0)
    return np.column_stack([
        has_bought, np.log1p(orders), np.log1p(np.maximum(spent, 0)), discount,
        np.log1p(first), recency,
    ])  # fmt: skip


def _tastes(bought: pa.Table, n: int, words: list[str]) -> Floats:
    """Return the share of spending per frequent category."""
    place, spent = bought["place"].to_numpy(), bought["spent"].to_numpy().astype(np.float64)
    number = {word: at for at, word in enumerate(words)}
    column = np.array([number.get(word, -1) for word in bought["category"].to_pylist()], dtype=int)
    known = (column >= 0) & (spent > 0)
    found = np.zeros((n, len(words)))
    np.add.at(found, (place[known], column[known]), spent[known])
    total = found.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(found, total, out=np.zeros_like(found), where=total > 0))


def _company(customer: Ints, cut: Ints, cut_days: Floats, ties: TieLog) -> tuple[Floats, Floats]:
    """Return the logged number of ties, and their logged strength, before each moment."""
    number, strength = np.zeros(len(customer)), np.zeros(len(customer))
    for place, day in enumerate(cut_days):
        known = ties.before(float(day))
        here = cut == place
        ends = np.concatenate((known.a, known.b))
        both = np.concatenate((known.strength, known.strength))
        number[here] = np.bincount(ends, minlength=ties.n_customers)[customer[here]]
        strength[here] = np.bincount(ends, both, ties.n_customers)[customer[here]]
    return np.log1p(number), np.log1p(strength)
