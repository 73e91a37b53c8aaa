"""What a customer's shares and rates rest on: few events, counted in two halves.

A day belongs to the half of its number: even or odd. What differs between the halves of one
customer is chance; what agrees is the customer's own. Weekdays fall into both, and two visits of a
day into the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.propensity.features import AFTER_ORDER_DAYS

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.propensity.facts import Facts
    from crm_tasks.ml.propensity.panel import Panel

    Floats = npt.NDArray[np.float64]

#: Feature: what is counted of it, and in how much.
RESTS_ON = {
    "late_share": ("n_late", "n_delivered"),
    "discount_share": ("discount_amount", "gross_amount"),
    "return_share": ("return_amount", "gross_amount"),
    "low_score_share": ("n_low", "n_reviews"),
    "visits_per_90d": ("n_visits", "n_quarters"),
    "complaints_per_90d": ("n_complaints", "n_quarters_heard"),
}
EVIDENCE_SQL = """
with

lasted as (

    select * from lasted_before($origin, $digest_below, $after_order)

),

halves as (

    select unnest([0, 1]) as half

),

bought as (

    select
        customer,
        date_diff('day', date '2000-01-01', day) % 2 as half,
        cast(sum(discount_amount) as double) as discount_amount,
        cast(sum(return_amount) as double) as return_amount,
        cast(sum(gross_amount) as double) as gross_amount,
        count(*) filter (where delivered_on < $origin and is_late) as n_late,
        count(*) filter (where delivered_on < $origin) as n_delivered
    from orders_dated
    where day < $origin
    group by customer, half

),

reviewed as (

    select
        customer,
        date_diff('day', date '2000-01-01', day) % 2 as half,
        count(*) filter (where is_low_score) as n_low,
        count(*) as n_reviews
    from reviews_dated
    where day < $origin
    group by customer, half

),

visited as (

    select
        sessions_dated.customer,
        date_diff('day', date '2000-01-01', day) % 2 as half,
        count(*) as n_visits
    from sessions_dated
    inner join lasted on sessions_dated.customer = lasted.customer
    where day < $origin and day between lasted.first_day and lasted.until
    group by sessions_dated.customer, half

),

complained as (

    select
        letters_dated.customer,
        date_diff('day', date '2000-01-01', day) % 2 as half,
        count(*) as n_complaints
    from letters_dated
    inner join lasted on letters_dated.customer = lasted.customer
    where day < $origin and is_complaint and day between lasted.first_day and lasted.until
    group by letters_dated.customer, half

),

heard as (

    select distinct customer from letters_dated
    where day < $origin

)

select
    lasted.customer,
    coalesce(n_late, 0) as n_late,
    coalesce(n_delivered, 0) as n_delivered,
    coalesce(discount_amount, 0) as discount_amount,
    coalesce(return_amount, 0) as return_amount,
    coalesce(gross_amount, 0) as gross_amount,
    coalesce(n_low, 0) as n_low,
    coalesce(n_reviews, 0) as n_reviews,
    coalesce(n_visits, 0) as n_visits,
    coalesce(n_complaints, 0) as n_complaints,
    n_quarters / 2 as n_quarters,
    case when heard.customer is null then 0 else n_quarters / 2 end as n_quarters_heard
from lasted
cross join halves
left join bought on lasted.customer = bought.customer and halves.half = bought.half
left join reviewed on lasted.customer = reviewed.customer and halves.half = reviewed.half
left join visited on lasted.customer = visited.customer and halves.half = visited.half
left join complained on lasted.customer = complained.customer and halves.half = complained.half
left join heard on lasted.customer = heard.customer
order by lasted.customer, halves.half
"""


def evidence(facts: Facts, panel: Panel, digest_below: int) -> dict[str, tuple[Floats, Floats]]:
    """Return, per feature of ``RESTS_ON``, what was counted and in how much: (cases, 2) each.

    Parameters
    ----------
    panel : Panel
        Cases of customers whose digest lies below ``digest_below``, in its order.
    """
    parts, at = [], 0
    for origin, n_cases in panel.n_cases.items():
        asked = {"origin": origin, "digest_below": digest_below, "after_order": AFTER_ORDER_DAYS}
        found = facts.ask(EVIDENCE_SQL, asked)
        known = found.column("customer").to_numpy()[::2]
        rows = np.searchsorted(known, panel.customers[at : at + n_cases])
        parts.append({
            name: found.column(name).to_numpy().astype(np.float64).reshape(-1, 2)[rows]
            for name in found.column_names if name != "customer"
        })  # fmt: skip
        at += n_cases
    halves = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: (halves[of], halves[within]) for name, (of, within) in RESTS_ON.items()}
