"""Sequence rules with a longer prefix: who bought this and then that buys a third thing next.

Chains are grown item by item from rules that hold, like prefixes in PrefixSpan (Pei et al. 2004,
https://doi.org/10.1109/TKDE.2004.77): each item in one of the few orders after the one before,
and not too late after it. A longer rule has to say more than its last item alone: among the same
customer's orders with that item, those that end the chain are followed oftener than the others
(Mantel & Haenszel 1959, a customer a stratum).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.ml.patterns.significance import q_values, stratified_p

if TYPE_CHECKING:
    import pandas as pd

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.patterns.params import PatternParams

log = logging.getLogger(__name__)

LEAST_LIFT = 1.1

#: Chains of one item are the items themselves.
FIRST = """
create or replace table chains as
select customer, visit, day, n_visits, cast(item as bigint) as chain, item as last from bought
"""
FIRST_NAMES = """
create or replace table chain_names as
select distinct cast(item as bigint) as chain, [item] as items from bought
"""
#: An order ends a longer chain if it holds the next item and one of the few before it ends the
#: chain so far.
LONGER = """
create or replace table longer as
select distinct v.customer, v.visit, v.day, v.n_visits, u.chain as head, v.item as last
from chains as u
inner join grown on u.chain = grown.prefix
inner join bought as v on u.customer = v.customer and v.item = grown.next_item
    and v.visit between u.visit + 1 and u.visit + $steps and v.day - u.day <= $days
"""
LONGER_NAMES = """
create or replace table longer_names as
with frequent as (
    select head, last, cast(count(*) filter (where visit < n_visits) as bigint) as n_prefix
    from longer group by head, last
    having count(*) filter (where visit < n_visits) >= $least
)
select
    cast(row_number() over (order by frequent.head, frequent.last) - 1 as bigint) as chain,
    frequent.head,
    frequent.last,
    frequent.n_prefix,
    list_append(chain_names.items, frequent.last) as items
from frequent inner join chain_names on frequent.head = chain_names.chain
"""
RENUMBERED = """
create or replace table chains as
select longer.customer, longer.visit, longer.day, longer.n_visits, named.chain, longer.last
from longer inner join longer_names as named
    on longer.head = named.head and longer.last = named.last
"""
RENAMED = "create or replace table chain_names as select * from longer_names"
ROWS = """
select cast(coalesce(sum(a.n * b.n), 0) as bigint) as n
from (select customer, visit, count(*) as n from {begun} group by customer, visit) as a
inner join (select customer, visit, count(*) as n from ahead group by customer, visit) as b
    using (customer, visit)
"""
COUNTED = """
create or replace table counted_chains as
select chains.chain, chains.last, ahead.item as next_item, cast(count(*) as bigint) as n
from chains
inner join chain_names on chains.chain = chain_names.chain
inner join ahead on chains.customer = ahead.customer and chains.visit = ahead.visit
where not list_contains(chain_names.items, ahead.item)
group by chains.chain, chains.last, ahead.item having count(*) >= $least
"""
#: Per customer: orders that end the chain, orders with its last item, and those of the latter that
#: the next item follows.
ENDED = """
create or replace table ended as
select chain, customer, cast(count(*) as double) as n
from chains where visit < n_visits group by chain, customer
"""
FOLLOWED = """
create or replace table followed as
select bought.item as last, ahead.item as next_item, bought.customer, cast(count(*) as double) as n
from bought
inner join (select distinct last, next_item from counted_chains) as wanted
    on bought.item = wanted.last
inner join ahead on bought.customer = ahead.customer and bought.visit = ahead.visit
    and ahead.item = wanted.next_item
group by bought.item, ahead.item, bought.customer
"""
JUDGED = """
with base as (
    select last, next_item, sum(n) as n_followed from followed group by last, next_item
),

ends as (

    select item as last, sum(n) as n_last from prefixes group by item

),

candidates as (
    select
        c.chain, c.last, c.next_item, c.n, named.n_prefix, named.items,
        cast(totals.n_next as bigint) as n_next,
        base.n_followed / ends.n_last as confidence_last
    from counted_chains as c
    inner join chain_names as named on c.chain = named.chain
    inner join base on c.last = base.last and c.next_item = base.next_item
    inner join ends on c.last = ends.last
    inner join totals on c.next_item = totals.item
    where c.n >= $lift * named.n_prefix * base.n_followed / ends.n_last
)

select
    c.chain as prefix, c.next_item, c.n, c.n_prefix, c.n_next, c.confidence_last, c.items,
    sum(e.n * f.n / a.n) as expected,
    sum(case when a.n > 1
        then e.n * f.n * (a.n - e.n) * (a.n - f.n) / (a.n * a.n * (a.n - 1)) else 0 end) as variance
from candidates as c
inner join ended as e on c.chain = e.chain
inner join followed as f
    on c.last = f.last and c.next_item = f.next_item and e.customer = f.customer
inner join prefixes as a on c.last = a.item and e.customer = a.customer
group by c.chain, c.next_item, c.n, c.n_prefix, c.n_next, c.confidence_last, c.items
order by c.items, c.next_item
"""
GAPS = """
select s.prefix, s.next_item, cast(median(ahead.gap_days) as double) as median_gap_days
from sure as s
inner join chains on s.prefix = chains.chain
inner join ahead on chains.customer = ahead.customer and chains.visit = ahead.visit
    and s.next_item = ahead.item
group by s.prefix, s.next_item
"""


def grow_chains(
    scratch: Scratch, pairs: pd.DataFrame, least: int, n_items: int, params: PatternParams
) -> tuple[list[pd.DataFrame], list[dict[str, Any]]]:
    """Return the rules of each longer length, and what was counted for each.

    Parameters
    ----------
    scratch : Scratch
        With the tables that :func:`find_sequences` leaves behind.
    pairs : DataFrame
        The rules of one item that hold: numbers ``prefix`` and ``next_item``.
    n_items : int
        Products frequent enough to be counted.
    """
    scratch.query(FIRST)
    scratch.query(FIRST_NAMES)
    grown, found, counts = pairs, [], []
    for length in range(2, params.max_prefix + 1):
        if grown.empty:
            break
        _lengthen(scratch, grown, least, params)
        if count_rows(scratch, "chains") > params.max_rows:
            log.info("sequences: prefixes of %s items are more than can be counted", length)
            break
        judged = _judge(scratch, least)
        n_chains = int(scratch.query("select count(*) as n from chain_names").column(0)[0].as_py())
        n_tests = n_chains * max(n_items - length, 0)
        rules = _worth_it(judged, n_tests, params)
        scratch.register("sure", pa.Table.from_pandas(rules[KEY], preserve_index=False))
        rules = rules.merge(scratch.query(GAPS).to_pandas(), on=KEY, how="left", validate="1:1")
        found.append(rules)
        counts.append({"n_items": length + 1, "n_sets": len(judged), "n_tests": n_tests,
                       "n_rules": len(rules)})  # fmt: skip
        grown = rules
    return found, counts


KEY = ["prefix", "next_item"]


def count_rows(scratch: Scratch, begun: str) -> int:
    """Return how many rows joining ``begun`` with what follows it makes, without joining.

    ``begun`` has a row per order and product or chain: ``bought`` or ``chains``.
    """
    return int(scratch.query(ROWS.format(begun=begun)).column(0)[0].as_py())


def _lengthen(scratch: Scratch, grown: pd.DataFrame, least: int, params: PatternParams) -> None:
    scratch.register("grown", pa.Table.from_pandas(grown[KEY], preserve_index=False))
    scratch.query(LONGER, {"steps": params.max_steps, "days": params.max_gap_days})
    scratch.query(LONGER_NAMES, {"least": least})
    scratch.query(RENUMBERED)
    scratch.query(RENAMED)


def _judge(scratch: Scratch, least: int) -> pd.DataFrame:
    scratch.query(COUNTED, {"least": least})
    scratch.query(ENDED)
    scratch.query(FOLLOWED)
    judged: pd.DataFrame = scratch.query(JUDGED, {"lift": LEAST_LIFT}).to_pandas()
    return judged


def _worth_it(rules: pd.DataFrame, n_tests: int, params: PatternParams) -> pd.DataFrame:
    p = stratified_p(*(rules[c].to_numpy(np.float64) for c in ("n", "expected", "variance")))
    rules["q_value"] = q_values(p, n_tests)
    rules["lift_within_customer"] = rules["n"] / rules["expected"]
    sure = rules[rules["q_value"] <= params.max_q]
    order = ["q_value", "lift_within_customer", *KEY]
    return sure.sort_values(order, ascending=[True, False, True, True]).head(params.max_rules)
