# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""Two lists per customer: what he may buy again, and what he has not bought yet.

They are two, because a customer's own history foretells what he buys better than any other
customer's does; mixed into one list, it would leave no room for anything new. Each list is made by
the method that, some weeks before the as-of date, foretold best what came after; if none beats
what is bought most by all, that is shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml_recommendations import RECOMMENDATIONS
from crm_tasks.ml.judgement.measures import Mean
from crm_tasks.ml.judgement.params import JudgementParams
from crm_tasks.ml.judgement.verdicts import Judgement, comparison_table, judge, not_judged

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch

BUY_AGAIN, DISCOVER = "buy_again", "discover"
POPULAR = "most_popular"
METHODS = {
    BUY_AGAIN: (POPULAR, "own_days", "own_days_fading"),
    DISCOVER: (POPULAR, "popular_in_own_categories"),
}
METRIC = "recall_10"


@dataclass(frozen=True)
class RecommendationParams:
    """How lists are made and judged.

    Orders of ``window_days`` count, fading by half every ``half_life_days``; what all buy is
    counted over ``popular_days``. A list has ``length`` products. It is judged by what customers
    bought in the last ``horizon_days``, of at most ``judge_at_most`` customers drawn by a hash, if
    at least ``least_customers`` bought something.
    """

    window_days: int = 365
    half_life_days: int = 60
    popular_days: int = 90
    horizon_days: int = 28
    length: int = 10
    own_categories: int = 3
    shown_per_category: int = 25
    popular_shown: int = 80
    judge_at_most: int = 20_000
    least_customers: int = 50


PEOPLE = """
create or replace table people as
select
    customer_id,
    row_number() over (order by customer_id) as customer,
    row_number() over (order by md5(customer_id), customer_id) as drawn
from (select distinct customer_id from order_items where customer_id is not null)
"""
GOODS = """
create or replace table goods as
select
    product_id, coalesce(name, product_id) as label, coalesce(category_l2, category_l1) as category,
    row_number() over (order by product_id) as product
from products
"""
#: Numbers instead of ids from here on: lists of a million customers are sorted by them.
PURCHASES = """
create or replace table purchases as
select distinct people.customer, goods.product, cast(order_items.ordered_at as date) as day
from order_items
inner join people on order_items.customer_id = people.customer_id
inner join goods on order_items.product_id = goods.product_id
where order_items.ordered_at is not null
    and not order_items.is_unknown_product and not order_items.is_zero_quantity
    and order_items.net_amount >= 0
"""
OWN = """
create or replace table own as
select
    customer, product, count(*) as n, max(day) as last_day,
    round(sum(pow(0.5, ($at - day) / $half_life)), 6) as fading
from purchases
where day < $at and day >= $at - $window and customer in (
    select customer from people where drawn <= $at_most
)
group by customer, product
"""
WANTED = """
create or replace table popular as
select product, any_value(category) as category, count(distinct customer) as n
from purchases inner join goods using (product)
where day < $at and day >= $at - $popular group by product
"""
CUSTOMERS = "create or replace table customers as select distinct customer from own"
#: Each method: candidates with a score; the best are taken.
CANDIDATES = {
    (BUY_AGAIN, POPULAR): """
        select customer, product, cast(n as double) as score
        from customers cross join
            (select product, n from popular order by n desc, product limit $length) as top""",
    (BUY_AGAIN, "own_days"): "select customer, product, n as score from own",
    (BUY_AGAIN, "own_days_fading"): "select customer, product, fading as score from own",
    (DISCOVER, POPULAR): """
        select customer, product, cast(n as double) as score
        from customers cross join
            (select product, n from popular order by n desc, product limit $shown) as top
        anti join own using (customer, product)""",
    (DISCOVER, "popular_in_own_categories"): """
        select liked.customer, shown.product, liked.share * shown.n as score
        from (
            select customer, category, sum(fading) as share
            from own inner join goods using (product)
            where category is not null
            group by customer, category
            qualify row_number() over (
                partition by customer order by sum(fading) desc, category
            ) <= $categories
        ) as liked
        inner join (
            select product, category, n from popular
            qualify row_number() over (partition by category order by n desc, product)
                <= $per_category
        ) as shown using (category)
        anti join own on own.customer = liked.customer and own.product = shown.product""",
}
LISTED = """
create or replace table listed as
select customer, product, round(score, 6) as score,
    row_number() over (partition by customer order by score desc, product) as rank
from ({candidates})
qualify rank <= $length
"""
RECALL = """
with truth as (
    select distinct purchases.customer, purchases.product
    from purchases inner join customers using (customer)
    left join own using (customer, product)
    where purchases.day >= $at and purchases.day < $until and (own.n is not null) = $is_own
)
select
    truth.customer,
    cast(count(listed.product) as double) / least(count(*), $length) as recall
from truth left join listed using (customer, product)
group by truth.customer order by truth.customer
"""
REASONED = """
select
    people.customer_id, goods.product_id, listed.rank, listed.score,
    goods.label as product_label, goods.category, own.n, $at - own.last_day as days
from listed
inner join people using (customer)
inner join goods using (product)
left join own using (customer, product)
order by people.customer_id, listed.rank
"""


def recommend(
    scratch: Scratch, as_of: dt.date, params: RecommendationParams
) -> dict[str, pa.Table]:
    """Return the rows of ml.recommendations, and of ml.model_comparisons for both lists.

    Parameters
    ----------
    scratch : Scratch
        With core.fct_order_items as ``order_items`` and core.dim_products as ``products``.
    """
    for statement in (PEOPLE, GOODS, PURCHASES):
        scratch.query(statement)
    cut = as_of - dt.timedelta(days=params.horizon_days)
    _know(scratch, cut, params.judge_at_most, params)
    judged = {name: _judge(scratch, name, cut, as_of, params) for name in METHODS}
    _know(scratch, as_of, None, params)
    lists = [_listed(scratch, name, judged[name].champion, as_of, params) for name in METHODS]
    nothing = RECOMMENDATIONS.arrow_schema.empty_table()
    return {
        "recommendations": pa.concat_tables([nothing, *lists]),
        "model_comparisons": comparison_table(judged.values(), as_of, as_of),
    }


def _know(scratch: Scratch, at: dt.date, at_most: int | None, params: RecommendationParams) -> None:
    """Set down what was known at a date, and whom lists are made for."""
    days = {"window": params.window_days, "half_life": float(params.half_life_days)}
    scratch.query(OWN, {"at": at, "at_most": at_most or 2**62, **days})
    scratch.query(WANTED, {"at": at, "popular": params.popular_days})
    scratch.query(CUSTOMERS)


def _list(scratch: Scratch, name: str, method: str, params: RecommendationParams) -> None:
    candidates = CANDIDATES[name, method]
    known = {
        "length": params.length,
        "shown": params.popular_shown,
        "categories": params.own_categories,
        "per_category": params.shown_per_category,
    }
    sql = LISTED.replace("{candidates}", candidates)
    scratch.query(sql, {key: value for key, value in known.items() if f"${key}" in sql})


def _judge(
    scratch: Scratch, name: str, cut: dt.date, until: dt.date, params: RecommendationParams
) -> Judgement:
    """Return which method foretold best what customers bought from the cut on."""
    measures = {}
    asked = {"at": cut, "until": until, "is_own": name == BUY_AGAIN, "length": params.length}
    for method in METHODS[name]:
        _list(scratch, name, method, params)
        recall = scratch.query(RECALL, asked).column("recall").to_numpy()
        measures[method] = Mean(recall.astype(np.float64), is_gain=True)
    target = f"recommend:{name}"
    n = measures[POPULAR].n
    if n < params.least_customers:
        reason = f"{n} customers bought in the last {params.horizon_days} days"
        return not_judged(target, METRIC, POPULAR, METHODS[name][1:], reason)
    return judge(target, METRIC, POPULAR, measures, JudgementParams())


def _listed(
    scratch: Scratch, name: str, method: str, as_of: dt.date, params: RecommendationParams
) -> pa.Table:
    _list(scratch, name, method, params)
    rows = scratch.query(REASONED, {"at": as_of}).to_pandas()
    is_own = rows["n"].notna()
    n, days = (rows[c].fillna(0).astype(int).astype(str) for c in ("n", "days"))
    category = rows["category"].fillna("?")
    of_own = method == "popular_in_own_categories"
    new_en = "Among the most bought of " + category + (", which this customer buys" * of_own)
    new_zh = "「" + category + "」中的热销商品" + ("，该客户常购此类" * of_own)
    rows["reason"] = np.where(
        is_own, "Bought on " + n + " days, last " + days + " days ago", new_en
    )
    rows["reason_zh"] = np.where(
        is_own, "曾有 " + n + " 天购买，最近一次在 " + days + " 天前", new_zh
    )
    rows["list_name"], rows["source"], rows["as_of_date"] = name, method, as_of
    schema = RECOMMENDATIONS.arrow_schema
    return pa.Table.from_pandas(rows[schema.names], schema=schema, preserve_index=False)
