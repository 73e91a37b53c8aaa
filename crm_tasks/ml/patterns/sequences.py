"""Sequence rules: who bought this buys that in one of the next orders, and after how many days.

An order is looked at if its customer ordered again; it is followed by a product if one of the
customer's next orders, a few at most and not too late, holds it. Most pairs that look like a
sequence are tastes: who likes coffee buys milk and filters, in any order. So a rule has to hold
within customers: against how often each customer's orders are followed by the product anyway
(Mantel & Haenszel 1959, a customer a stratum). Rules with a longer prefix are grown from these
(:mod:`crm_tasks.ml.patterns.chains`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm_tasks.contracts.ml_patterns import SEQUENCE_RULES
from crm_tasks.ml.patterns.association import DECIMALS, held_since
from crm_tasks.ml.patterns.chains import count_rows, grow_chains
from crm_tasks.ml.patterns.significance import q_values, stratified_p

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.patterns.params import PatternParams

KEY = ["prefix", "next_item"]
#: Between the products of a longer prefix, the first bought first.
JOINED = " > "
#: A rule looks like one, before customers are compared with themselves.
LEAST_LIFT = 1.1

VISITS = """
create or replace table visits as
select
    basket,
    dense_rank() over (order by customer_id) as customer,
    cast(ordered_at as date) as day,
    row_number() over (partition by customer_id order by ordered_at, basket) as visit,
    count(*) over (partition by customer_id) as n_visits
from orders where customer_id is not null
"""
N_VISITS = "select count(*) filter (where visit < n_visits) as n from visits"
BOUGHT = """
create or replace table bought as
with frequent as (
    select product_id, row_number() over (order by product_id) - 1 as item
    from baskets inner join visits using (basket)
    group by product_id having count(*) >= $least
)
select visits.customer, visits.visit, visits.day, visits.n_visits, item
from baskets inner join frequent using (product_id) inner join visits using (basket)
"""
FREQUENT = """
select product_id, coalesce(products.name, product_id) as label
from (
    select product_id from baskets inner join visits using (basket)
    group by product_id having count(*) >= $least
)
left join products using (product_id) order by product_id
"""
#: Per order and product that follows: days until it does so first.
AHEAD = """
create or replace table ahead as
select visits.customer, visits.visit, next.item, min(next.day - visits.day) as gap_days
from visits
inner join bought as next on visits.customer = next.customer
    and next.visit between visits.visit + 1 and visits.visit + $steps
    and next.day - visits.day <= $days
where visits.visit < visits.n_visits
group by visits.customer, visits.visit, next.item
"""
COUNTED = """
create or replace table counted as
select
    first.item as prefix,
    ahead.item as next_item,
    cast(count(*) as bigint) as n
from bought as first
inner join ahead on first.customer = ahead.customer and first.visit = ahead.visit
where first.item <> ahead.item
group by first.item, ahead.item having count(*) >= $least
"""
#: Orders of a customer with a product, and orders it follows; what is looked at are all others.
OF_CUSTOMERS = """
create or replace table customers as
select customer, cast(count(*) as double) as n from visits where visit < n_visits group by customer
"""
PREFIXES = """
create or replace table prefixes as
select item, customer, cast(count(*) as double) as n
from bought where visit < n_visits group by item, customer
"""
NEXTS = """
create or replace table nexts as
select item, customer, cast(count(*) as double) as n from ahead group by item, customer
"""
TOTALS = """
create or replace table totals as
select
    coalesce(p.item, q.item) as item,
    coalesce(p.n, 0) as n_prefix,
    coalesce(q.n, 0) as n_next
from (select item, cast(sum(n) as bigint) as n from prefixes group by item) as p
full join (select item, cast(sum(n) as bigint) as n from nexts group by item) as q
    on p.item = q.item
"""
CANDIDATES = """
create or replace table candidates as
select
    counted.prefix, counted.next_item, counted.n,
    cast(first.n_prefix as bigint) as n_prefix, cast(follower.n_next as bigint) as n_next
from counted
inner join totals as first on counted.prefix = first.item
inner join totals as follower on counted.next_item = follower.item
where counted.n * $all >= $lift * first.n_prefix * follower.n_next
"""
WITHIN = """
create or replace table within_customers as
select
    c.prefix, c.next_item,
    sum(p.n * q.n / a.n) as expected,
    sum(case when a.n > 1
        then p.n * q.n * (a.n - p.n) * (a.n - q.n) / (a.n * a.n * (a.n - 1)) else 0 end) as variance
from candidates as c
inner join prefixes as p on c.prefix = p.item
inner join nexts as q on c.next_item = q.item and p.customer = q.customer
inner join customers as a on p.customer = a.customer
group by c.prefix, c.next_item
"""
GAPS = """
select s.prefix, s.next_item, cast(median(ahead.gap_days) as double) as median_gap_days
from sure as s
inner join bought as first on s.prefix = first.item
inner join ahead
    on first.customer = ahead.customer and first.visit = ahead.visit and s.next_item = ahead.item
group by s.prefix, s.next_item
"""
JUDGED = """
select c.*, w.expected, w.variance
from candidates as c
inner join within_customers as w on c.prefix = w.prefix and c.next_item = w.next_item
order by c.prefix, c.next_item
"""


def find_sequences(
    scratch: Scratch, params: PatternParams
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the sequence rules worth publishing, and what was counted per number of items.

    Parameters
    ----------
    scratch : Scratch
        With the tables that :func:`count_itemsets` leaves behind, and products.
    """
    scratch.query(VISITS)
    n = int(scratch.query(N_VISITS).column(0)[0].as_py())
    least, items = _count(scratch, n, params)
    for statement in (OF_CUSTOMERS, PREFIXES, NEXTS, TOTALS):
        scratch.query(statement)
    scratch.query(CANDIDATES, {"all": n, "lift": LEAST_LIFT})
    scratch.query(WITHIN)
    judged = scratch.query(JUDGED).to_pandas()
    n_tests = items.num_rows * max(items.num_rows - 1, 0)
    pairs = _timed(scratch, _worth_it(judged, params, n_tests))
    longer, counts = grow_chains(scratch, pairs, least, items.num_rows, params)
    shared = {"n_baskets": n, "n_baskets_dropped": 0, "n_products": items.num_rows,
              "n_baskets_at_least": least}  # fmt: skip
    first = {"n_items": 2, "n_sets": len(judged), "n_tests": n_tests, "n_rules": len(pairs)}
    pairs["items"] = [[one] for one in pairs["prefix"]]
    pairs["confidence_last"] = pairs["n_next"] / n
    kept = [rules for rules in (pairs, *longer) if not rules.empty]
    rules = _labelled(_measured(pd.concat(kept) if kept else pairs, n), items)
    return rules, [shared | told for told in (first, *counts)]


def _count(scratch: Scratch, n: int, params: PatternParams) -> tuple[int, pa.Table]:
    """Count pairs; among ever more frequent products until the work fits."""
    least = params.least(n, params.min_share_followed)
    within = {"steps": params.max_steps, "days": params.max_gap_days}
    while True:
        scratch.query(BOUGHT, {"least": least})
        scratch.query(AHEAD, within)
        if count_rows(scratch, "bought") <= params.max_rows:
            scratch.query(COUNTED, {"least": least})
            return least, scratch.query(FREQUENT, {"least": least})
        least *= 2


def _worth_it(rules: pd.DataFrame, params: PatternParams, n_tests: int) -> pd.DataFrame:
    p = stratified_p(*(rules[c].to_numpy(np.float64) for c in ("n", "expected", "variance")))
    rules["q_value"] = q_values(p, n_tests)
    rules["lift_within_customer"] = rules["n"] / rules["expected"]
    sure = rules[rules["q_value"] <= params.max_q]
    order = ["q_value", "lift_within_customer", *KEY]
    return sure.sort_values(order, ascending=[True, False, True, True]).head(params.max_rules)


def _timed(scratch: Scratch, rules: pd.DataFrame) -> pd.DataFrame:
    """Add the median of the days between."""
    scratch.register("sure", pa.Table.from_pandas(rules[KEY], preserve_index=False))
    return rules.merge(scratch.query(GAPS).to_pandas(), on=KEY, how="left", validate="1:1")


def _measured(rules: pd.DataFrame, n: int) -> pd.DataFrame:
    confidence = rules["n"] / rules["n_prefix"]
    return rules.assign(
        support=rules["n"] / n,
        confidence=confidence,
        lift=confidence / (rules["n_next"] / n),
        improvement=confidence - rules["confidence_last"],
        n_orders=rules["n"],
    )


def _labelled(rules: pd.DataFrame, items: pa.Table) -> pd.DataFrame:
    """Replace the numbers of products by their ids and add what they are called."""
    products, labels = (items.column(c).to_pylist() for c in items.column_names)
    chains = [[int(one) for one in chain] for chain in rules["items"]]
    following = rules["next_item"].tolist()
    return rules.assign(
        n_items=[len(chain) + 1 for chain in chains],
        prefix=[JOINED.join(products[one] for one in chain) for chain in chains],
        prefix_label=[JOINED.join(labels[one] for one in chain) for chain in chains],
        next_item=[products[one] for one in following],
        next_item_label=[labels[one] for one in following],
    )


def sequence_rows(rules: pd.DataFrame, previous: pa.Table | None, as_of: dt.date) -> pa.Table:
    """Return the rows of ml.sequence_rules; ``previous`` are the predecessor's."""
    schema = SEQUENCE_RULES.arrow_schema
    if rules.empty:
        return schema.empty_table()
    rows = rules.round(dict.fromkeys(rules.select_dtypes("float"), DECIMALS))
    rows["valid_from"] = held_since(rows, KEY, previous, as_of)
    rows["as_of_date"] = as_of
    return pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)
