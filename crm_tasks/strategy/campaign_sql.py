"""The SQL of campaigns: what each is to do and cost, and how far its money is used."""

from __future__ import annotations

CAMPAIGNS = """
with kept as (
    select round(avg(case when held_out.customer_id is null then 0.0 else 1.0 end), 6)
        as holdout_share
    from customers
    left join (select distinct customer_id from held_out) as held_out
        on customers.customer_id = held_out.customer_id
)

select
    actions.campaign_id,
    objectives.objective,
    objectives.name_en as name,
    objectives.name_zh,
    cast($budget as decimal(18, 2)) as budget,
    cast(sum(actions.cost) as decimal(18, 4)) as planned_cost,
    cast(count(*) as bigint) as n_actions,
    cast($as_of as date) as start_date,
    cast($as_of as date) + 6 as end_date,
    cast($design as varchar) as design,
    any_value(kept.holdout_share) as holdout_share,
    cast($status as varchar) as status,
    cast($as_of as date) as as_of_date
from actions
cross join kept
inner join objectives
    on actions.campaign_id = objectives.objective || '-' || cast(cast($as_of as date) as varchar)
group by actions.campaign_id, objectives.objective, objectives.name_en, objectives.name_zh
"""

#: What campaigns were to cost, what is under way, and what was spent.
BUDGET_USAGE = """
with everything as (
    select strategy_action_id, campaign_id, scheduled_at, cost, status from actions

    union all

    select strategy_action_id, campaign_id, scheduled_at, cost, status from previous_actions
),

sent as (
    select
        strategy_action_id,
        min(sent_at) as sent_at,
        cast(sum(coalesce(cost, 0)) as decimal(18, 4)) as cost
    from contacts
    where strategy_action_id is not null and sent_at is not null
    group by strategy_action_id
),

parts as (
    select
        everything.campaign_id,
        everything.scheduled_at as moment,
        everything.cost as planned,
        case
            when everything.status = 'planned' and sent.strategy_action_id is null
                then everything.cost
            else 0
        end as committed,
        0 as actual
    from everything
    left join sent on everything.strategy_action_id = sent.strategy_action_id

    union all

    select everything.campaign_id, sent.sent_at as moment, 0 as planned, 0 as committed, sent.cost
    from sent
    inner join everything on sent.strategy_action_id = everything.strategy_action_id
)

select
    campaign_id,
    cast(moment at time zone 'UTC' at time zone $time_zone as date) as day,
    cast(sum(planned) as decimal(18, 4)) as planned,
    cast(sum(committed) as decimal(18, 4)) as committed,
    cast(sum(actual) as decimal(18, 4)) as actual,
    cast($as_of as date) as as_of_date
from parts
group by all
"""
