"""Which products are in one basket, how often: counted exactly, in SQL up to three, then FP-growth.

A set can only be frequent if all its subsets are (Agrawal & Srikant 1994), so each length is
counted among what the length before left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.patterns.params import PatternParams

    Ints = npt.NDArray[np.int64]

IN_SQL = 3
#: Lines FP-growth may read: it is Python.
MOST_LINES = 100_000

ORDERS = """
create or replace table orders as
select
    row_number() over (order by order_id) as basket,
    order_id,
    min(customer_id) as customer_id,
    min(ordered_at) as ordered_at
from order_items where ordered_at >= $since group by order_id
"""
BASKETS = """
create or replace table baskets as
select distinct orders.basket, order_items.product_id
from order_items inner join orders using (order_id)
where not order_items.is_unknown_product and not order_items.is_zero_quantity
    and order_items.net_amount >= 0
"""
SIZES = "create or replace table sizes as select basket, count(*) as n from baskets group by basket"
SIZED = "select count(*) as n, count(*) filter (where n > $most) as n_dropped from sizes"
KEPT = """
create or replace table kept as
select baskets.* from baskets
semi join (select basket from sizes where n <= $most) as small using (basket)
"""
ITEMS = """
create or replace table items as
select row_number() over (order by product_id) - 1 as item, product_id, n
from (
    select product_id, count(*) as n from kept group by product_id having count(*) >= $least
)
"""
NAMED = """
select items.item, items.product_id, coalesce(products.name, items.product_id) as label, items.n
from items left join products using (product_id) order by items.item
"""
LINES = """
create or replace table lines as
select basket, cast(item as integer) as item from kept inner join items using (product_id)
"""
FEWER_LINES = """
create or replace table lines as
select lines.* from lines
semi join (select item from items where n >= $least) as frequent using (item)
"""
ROWS_OF_PAIRS = """
select cast(coalesce(sum(n * (n - 1) / 2), 0) as bigint) as n
from (select count(*) as n from lines group by basket)
"""
PAIRS = """
create or replace table pairs as
select a.item as a, b.item as b, count(*) as n
from lines as a inner join lines as b on a.basket = b.basket and a.item < b.item
group by a.item, b.item having count(*) >= $least
"""
HITS = """
create or replace table hits as
with often as (select a, b from pairs where n >= $least),
paired as (
    select basket, item from lines semi join (select unnest([a, b]) as item from often) as ends
        using (item)
)
select one.basket, one.item as a, two.item as b
from paired as one
inner join paired as two on one.basket = two.basket and one.item < two.item
inner join often on often.a = one.item and often.b = two.item
"""
ROWS_OF_TRIPLES = """
select cast(coalesce(sum(n * (n - 1) / 2), 0) as bigint) as n
from (select count(*) as n from hits group by basket, a)
"""
TRIPLES = """
create or replace table triples as
select ab.a, ab.b, ac.b as c, count(*) as n
from hits as ab
inner join hits as ac on ab.basket = ac.basket and ab.a = ac.a and ab.b < ac.b
inner join pairs as bc on bc.a = ab.b and bc.b = ac.b
where bc.n >= $least
group by ab.a, ab.b, ac.b having count(*) >= $least
"""
#: A set of four needs all its four triples; a basket with fewer than four such items holds none.
LONG = """
with quads as (
    select abc.a, abc.b, abc.c, abd.c as d
    from triples as abc
    inner join triples as abd on abc.a = abd.a and abc.b = abd.b and abc.c < abd.c
    inner join triples as acd on abc.a = acd.a and abc.c = acd.b and abd.c = acd.c
    inner join triples as bcd on abc.b = bcd.a and abc.c = bcd.b and abd.c = bcd.c
    where least(abc.n, abd.n, acd.n, bcd.n) >= $least
)
select basket, item from lines
semi join (select unnest([a, b, c, d]) as item from quads) as possible using (item)
qualify count(*) over (partition by basket) > 3
order by basket, item
"""


@dataclass(frozen=True, eq=False)
class Itemsets:
    """Frequent sets by length: rows of item numbers in order, and in how many baskets each is.

    ``items`` holds product_id and label by item number; ``least[k]`` says from how many baskets on
    sets of ``k`` were counted.
    """

    items: pa.Table
    n_baskets: int
    n_dropped: int
    sets: dict[int, Ints] = field(default_factory=dict)
    counts: dict[int, Ints] = field(default_factory=dict)
    least: dict[int, int] = field(default_factory=dict)
    _keys: dict[int, Ints] = field(default_factory=dict)

    def add(self, rows: Ints, least: int) -> None:
        """Add the sets of one length: rows of items, then the count."""
        order = np.lexsort(rows[:, -2::-1].T)
        length = rows.shape[1] - 1
        sets = rows[order, :-1]
        self.sets[length], self.counts[length] = sets, rows[order, -1]
        self._keys[length] = self._key(sets)
        self.least[length] = least

    def _key(self, sets: Ints) -> Ints:
        """Return one number per set: the place of its beginning, then its last item."""
        if sets.shape[1] == 1:
            return np.asarray(sets[:, 0])
        return np.asarray(self.places(sets[:, :-1]) * self.items.num_rows + sets[:, -1])

    def places(self, sets: Ints) -> Ints:
        """Return where these sets, each frequent and in order, stand among those of their length.

        The beginning of a frequent set is a frequent set.
        """
        return np.searchsorted(self._keys[sets.shape[1]], self._key(sets))

    def count(self, rows: Ints) -> Ints:
        """Return in how many baskets these frequent sets are, each a row in order."""
        return self.counts[rows.shape[1]][self.places(rows)]


def count_itemsets(scratch: Scratch, since: dt.datetime, params: PatternParams) -> Itemsets:
    """Return the frequent sets of products among the baskets of ``order_items``.

    Parameters
    ----------
    scratch : Scratch
        With order_items (order_id, customer_id, product_id, ordered_at, net_amount,
        is_unknown_product, is_zero_quantity) and products (product_id, name); returns and
        corrections are in no basket. Tables ``orders`` and ``baskets`` stay behind.
    since : datetime.datetime
        The first moment that counts.
    """
    most = params.max_basket_items
    scratch.query(ORDERS, {"since": since})
    scratch.query(BASKETS)
    scratch.query(SIZES)
    n, n_dropped = _ints(scratch.query(SIZED, {"most": most}))[0].tolist()
    least = params.least(n - n_dropped, params.min_share)
    scratch.query(KEPT, {"most": most})
    scratch.query(ITEMS, {"least": least})
    scratch.query(LINES)
    items = scratch.query(NAMED)
    found = Itemsets(items.select(["product_id", "label"]), n - n_dropped, n_dropped)
    found.add(_ints(items.select(["item", "n"])), least)
    least = _count_pairs(scratch, found, least, params.max_rows)
    least = _count_triples(scratch, found, least, params.max_rows)
    if params.max_length > IN_SQL and 0 < len(found.sets[IN_SQL]) <= params.max_triples:
        _count_longer(scratch, found, least, params.max_length)
    return found


def _count_pairs(scratch: Scratch, found: Itemsets, least: int, most_rows: int) -> int:
    while _number(scratch, ROWS_OF_PAIRS) > most_rows:
        least *= 2
        scratch.query(FEWER_LINES, {"least": least})
    scratch.query(PAIRS, {"least": least})
    found.add(_ints(scratch.query("select a, b, n from pairs")), least)
    return least


def _count_triples(scratch: Scratch, found: Itemsets, least: int, most_rows: int) -> int:
    scratch.query(HITS, {"least": least})
    while _number(scratch, ROWS_OF_TRIPLES) > most_rows:
        least *= 2
        scratch.query(HITS, {"least": least})
    scratch.query(TRIPLES, {"least": least})
    scratch.query("drop table hits")
    found.add(_ints(scratch.query("select a, b, c, n from triples")), least)
    return least


def _count_longer(scratch: Scratch, found: Itemsets, least: int, max_length: int) -> None:
    """Add the sets of four and more, by FP-growth among the baskets and items that can hold one."""
    rows = _ints(scratch.query(LONG, {"least": least}))
    while len(rows) > MOST_LINES:
        least *= 2
        rows = _ints(scratch.query(LONG, {"least": least}))
    baskets, basket = np.unique(rows[:, 0], return_inverse=True)
    items, item = np.unique(rows[:, 1], return_inverse=True)
    if len(baskets) < least:
        return
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth

    holds = np.zeros((len(baskets), len(items)), dtype=bool)
    holds[basket, item] = True
    # Half a basket less: a share times the number of baskets is rounded up again.
    share = (least - 0.5) / len(baskets)
    named = pd.DataFrame(holds, columns=items)
    frequent = fpgrowth(named, share, use_colnames=True, max_len=max_length)
    length = frequent["itemsets"].map(len).to_numpy()
    for longer in range(IN_SQL + 1, max_length + 1):
        chosen = frequent[length == longer]
        if len(chosen):
            members = np.array([sorted(one) for one in chosen["itemsets"]], dtype=np.int64)
            counts = np.rint(chosen["support"].to_numpy() * len(baskets)).astype(np.int64)
            found.add(np.column_stack([members, counts]), least)


def _number(scratch: Scratch, sql: str) -> int:
    return int(scratch.query(sql).column(0)[0].as_py())


def _ints(rows: pa.Table) -> Ints:
    if not rows.num_rows:
        return np.zeros((0, rows.num_columns), dtype=np.int64)
    return np.column_stack([column.to_numpy().astype(np.int64) for column in rows.columns])
