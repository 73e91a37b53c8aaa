"""The SQL that makes campaigns into units with outcomes; each statement reads registered frames.

Times are UTC; days are local. Only what happened before the as-of date is there to be read.
"""

from __future__ import annotations

#: Each campaign's moments: ``before_at`` starts the time that is compared with, as long as the
#: campaign and at least 90 days.
WINDOWS = """
with dated as (
    select
        campaign_id,
        is_randomized,
        start_date,
        end_date,
        coalesce(end_date < $as_of, false) as is_final,
        least(coalesce(end_date, $as_of), cast($as_of as date) - 1) as last_day
    from campaigns
    where start_date < $as_of
)

select
    campaign_id,
    is_randomized,
    is_final,
    start_date,
    (cast(start_date as timestamp) at time zone $time_zone) at time zone 'UTC' as starts_at,
    (cast(last_day + 1 as timestamp) at time zone $time_zone) at time zone 'UTC' as ends_before,
    (
        cast(start_date - cast(greatest(last_day + 1 - start_date, 90) as integer) as timestamp)
        at time zone $time_zone
    ) at time zone 'UTC' as before_at
from dated
order by campaign_id
"""

#: Who takes part. Where a draw is on record, those drawn, by the arm drawn; where a campaign was
#: drawn at random and only outcomes are on record, those observed; else all who had ordered before.
UNITS = """
with contacted as (
    select distinct campaign_id, customer_id
    from contacts
    where campaign_id is not null and customer_id is not null
),

drawn as (
    select
        campaign_id,
        customer_id,
        min(arm) as arm,
        min(cluster_id) as cluster_id,
        min(saturation) as saturation,
        min(assignment_propensity) as assignment_propensity
    from assignments
    where campaign_id in (select w.campaign_id from windows as w where w.is_randomized)
    group by campaign_id, customer_id
    -- Whose records were drawn into several arms before they were found to be one customer.
    having min(arm) = max(arm)
),

observed as (
    select distinct outcomes.campaign_id, outcomes.customer_id
    from outcomes
    inner join windows on outcomes.campaign_id = windows.campaign_id and windows.is_randomized
    where
        outcomes.customer_id is not null
        and outcomes.campaign_id not in (select d.campaign_id from drawn as d)
),

chosen as (
    select windows.campaign_id, customers.customer_id
    from windows
    inner join customers on customers.first_order_at < windows.starts_at
    where
        windows.campaign_id in (select c.campaign_id from contacted as c)
        and windows.campaign_id not in (select d.campaign_id from drawn as d)
        and windows.campaign_id not in (select o.campaign_id from observed as o)
),

units as (
    select *, 'randomised' as evidence from drawn
    union all
    select
        observed.campaign_id,
        observed.customer_id,
        case when contacted.customer_id is null then 'control' else 'treatment' end as arm,
        cast(null as varchar) as cluster_id,
        cast(null as double) as saturation,
        cast(null as double) as assignment_propensity,
        'randomised' as evidence
    from observed
    left join contacted
        on
            observed.campaign_id = contacted.campaign_id
            and observed.customer_id = contacted.customer_id
    union all
    select
        chosen.campaign_id,
        chosen.customer_id,
        case when contacted.customer_id is null then 'control' else 'treatment' end as arm,
        cast(null as varchar) as cluster_id,
        cast(null as double) as saturation,
        cast(null as double) as assignment_propensity,
        'observational' as evidence
    from chosen
    left join contacted
        on
            chosen.campaign_id = contacted.campaign_id
            and chosen.customer_id = contacted.customer_id
)

select units.*, windows.is_final
from units
inner join windows on units.campaign_id = windows.campaign_id
order by units.campaign_id, units.customer_id
"""

#: What a source declares of the units, as one figure per customer.
DECLARED = """
select
    outcomes.campaign_id,
    outcomes.customer_id,
    outcomes.outcome_name as outcome,
    round(avg(outcomes.outcome_value), 9) as result
from outcomes
inner join units
    on
        outcomes.campaign_id = units.campaign_id
        and outcomes.customer_id = units.customer_id
group by outcomes.campaign_id, outcomes.customer_id, outcomes.outcome_name
order by outcomes.campaign_id, outcomes.outcome_name, outcomes.customer_id
"""

#: Orders of each campaign's time and of the time before.
ORDERED = """
select
    windows.campaign_id,
    orders.customer_id,
    cast(sum(
        case when windows.starts_at <= orders.ordered_at then orders.net_amount else 0 end
    ) as double) as net_amount,
    count(case when windows.starts_at <= orders.ordered_at then 1 end) as n_orders,
    cast(sum(
        case when orders.ordered_at < windows.starts_at then orders.net_amount else 0 end
    ) as double) as net_amount_before,
    count(case when orders.ordered_at < windows.starts_at then 1 end) as n_orders_before
from windows
inner join orders
    on windows.before_at <= orders.ordered_at and orders.ordered_at < windows.ends_before
where orders.customer_id is not null
group by windows.campaign_id, orders.customer_id
"""

#: Answers to surveys of each campaign's time and of the time before.
ANSWERED = """
select
    windows.campaign_id,
    surveys.customer_id,
    round(avg(case when windows.starts_at <= surveys.survey_at then surveys.csat end), 9) as csat,
    round(avg(case when surveys.survey_at < windows.starts_at then surveys.csat end), 9)
        as csat_before
from windows
inner join surveys
    on windows.before_at <= surveys.survey_at and surveys.survey_at < windows.ends_before
where surveys.customer_id is not null and surveys.csat is not null
group by windows.campaign_id, surveys.customer_id
"""

#: One row per unit: what was ordered and answered, and before. NULL only where nobody answered.
MEASURED = """
select
    units.campaign_id,
    units.customer_id,
    coalesce(ordered.net_amount, 0) as net_amount,
    cast(coalesce(ordered.n_orders, 0) as double) as n_orders,
    coalesce(ordered.net_amount_before, 0) as net_amount_before,
    cast(coalesce(ordered.n_orders_before, 0) as double) as n_orders_before,
    cast(answered.csat as double) as csat,
    cast(answered.csat_before as double) as csat_before
from units
left join ordered
    on units.campaign_id = ordered.campaign_id and units.customer_id = ordered.customer_id
left join answered
    on units.campaign_id = answered.campaign_id and units.customer_id = answered.customer_id
order by units.campaign_id, units.customer_id
"""
