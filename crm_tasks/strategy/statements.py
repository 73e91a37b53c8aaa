"""The SQL of a plan's tables: candidates, actions with their moments, reasons."""

from __future__ import annotations

#: All options and, per customer and day, the option of doing nothing.
CANDIDATES = """
with nothing as (
    select
        customer_id,
        scheduled_date,
        round(1 - sum(decision_propensity), 12) as decision_propensity,
        not bool_or(is_chosen) as is_chosen
    from decided
    group by customer_id, scheduled_date
)

select
    customer_id,
    objective || '-' || cast(cast($as_of as date) as varchar) as campaign_id,
    scheduled_date,
    channel_id,
    content_id,
    content_type,
    rule_id,
    blocked_by is null as is_eligible,
    blocked_by,
    p,
    context_w,
    value,
    lever,
    uplift,
    case when uplift is null then 'observational' else 'randomised' end as evidence,
    influence_value,
    cast(cost as decimal(18, 4)) as cost,
    score,
    net_score,
    decision_propensity,
    is_chosen,
    coalesce(blocked_by, why_not) as why_not,
    cast($as_of as date) as as_of_date
from decided

union all

select
    customer_id,
    cast(null as varchar) as campaign_id,
    scheduled_date,
    'none' as channel_id,
    'none' as content_id,
    cast(null as varchar) as content_type,
    cast(null as varchar) as rule_id,
    true as is_eligible,
    cast(null as varchar) as blocked_by,
    cast(null as double) as p,
    cast(null as double) as context_w,
    cast(null as double) as value,
    cast(null as double) as lever,
    cast(null as double) as uplift,
    cast(null as varchar) as evidence,
    cast(null as double) as influence_value,
    cast(0 as decimal(18, 4)) as cost,
    0.0 as score,
    0.0 as net_score,
    decision_propensity,
    is_chosen,
    cast(null as varchar) as why_not,
    cast($as_of as date) as as_of_date
from nothing
"""

#: What is done: duties first, then the options chosen, each at a local hour outside quiet hours.
SCHEDULED = """
with done as (
    select
        customer_id,
        cast($as_of as date) as local_date,
        channel_id,
        'issue_reply' as content_id,
        'satisfaction' as objective,
        'open_issue' as rule_id,
        figure,
        consent_basis,
        cast(null as double) as p,
        cast(null as double) as uplift,
        cast(null as double) as gain_low,
        cast(null as double) as gain,
        cast(null as double) as gain_high,
        cast(null as double) as score,
        1.0 as decision_propensity,
        false as is_exploration,
        issue_id,
        -is_complaint as urgency
    from duties

    union all

    select
        customer_id,
        scheduled_date as local_date,
        channel_id,
        content_id,
        objective,
        rule_id,
        figure,
        consent_basis,
        p,
        uplift,
        gain_low,
        gain,
        gain_high,
        score,
        decision_propensity,
        is_exploration,
        cast(null as varchar) as issue_id,
        1 as urgency
    from decided
    where is_chosen
),

timed as (
    select
        done.*,
        channels.quiet_start,
        channels.quiet_end,
        channels.unit_cost,
        customers.influence_value,
        customers.preferred_iso_weekday,
        customers.preferred_hour,
        make_time(cast(coalesce(customers.preferred_hour, $default_hour) as bigint), 0, 0)
            as local_time
    from done
    inner join channels on done.channel_id = channels.channel_id
    inner join customers on done.customer_id = customers.customer_id
),

quieted as (
    select
        *,
        case
            when quiet_start is null or quiet_end is null or quiet_start = quiet_end
                then local_time
            when quiet_start < quiet_end and local_time >= quiet_start and local_time < quiet_end
                then quiet_end
            when quiet_start > quiet_end and local_time < quiet_end
                then quiet_end
            when quiet_start > quiet_end and local_time >= quiet_start
                then
                    case
                        when quiet_start >= quiet_end + interval 1 hour
                            then quiet_start - interval 1 hour
                        else quiet_end
                    end
            else local_time
        end as allowed_time
    from timed
)

select
    *,
    cast(
        (local_date + allowed_time) at time zone $time_zone at time zone 'UTC' as timestamp
    ) as scheduled_at
from quieted
"""

ACTIONS = """
with named as (
    select
        *,
        objective || '-' || cast(cast($as_of as date) as varchar) as campaign_id,
        cast(row_number() over (
            order by
                case when issue_id is null then 1 else 0 end asc,
                case when issue_id is null then -score else urgency end asc nulls last,
                figure desc nulls last,
                customer_id asc,
                issue_id asc nulls last
        ) as integer) as priority
    from scheduled
),

identified as (
    select
        *,
        'action-' || substr(sha256(
            campaign_id || chr(31) || customer_id || chr(31) || rule_id || chr(31)
            || coalesce(issue_id, '')
        ), 1, 20) as strategy_action_id
    from named
)

select
    identified.strategy_action_id,
    identified.campaign_id,
    identified.customer_id,
    identified.channel_id,
    identified.content_id,
    contents.content_type,
    identified.scheduled_at,
    identified.priority,
    identified.rule_id,
    identified.issue_id,
    case when identified.uplift is null then 'observational' else 'randomised' end as evidence,
    identified.p as expected_response,
    identified.uplift as expected_uplift,
    cast(identified.gain as decimal(18, 2)) as expected_value,
    cast(identified.gain_low as decimal(18, 2)) as expected_value_low,
    cast(identified.gain_high as decimal(18, 2)) as expected_value_high,
    identified.score,
    identified.influence_value,
    cast(identified.unit_cost as decimal(18, 4)) as cost,
    identified.decision_propensity,
    identified.is_exploration,
    coalesce(arms.arm, 'none') as arm,
    identified.consent_basis,
    cast($policy_version as varchar) as policy_version,
    case
        -- One issue is answered once, whatever day, channel or campaign it is planned for.
        when identified.issue_id is not null then sha256('issue:' || identified.issue_id)
        else sha256(
            identified.strategy_action_id || chr(31) || identified.channel_id || chr(31)
            || identified.content_id || chr(31) || cast(identified.scheduled_at as varchar)
        )
    end as idempotency_key,
    cast($status as varchar) as status,
    cast($as_of as date) as as_of_date,
    identified.figure,
    identified.preferred_iso_weekday,
    identified.preferred_hour
from identified
inner join contents on identified.content_id = contents.content_id
left join arms on identified.customer_id = arms.customer_id
"""

REASONS = """
with given as (
    select
        actions.strategy_action_id,
        1 as place,
        actions.rule_id as reason_code,
        replace(
            said.text_en, '{value}', cast(cast(round(actions.figure) as bigint) as varchar)
        ) as text_en,
        replace(
            said.text_zh, '{value}', cast(cast(round(actions.figure) as bigint) as varchar)
        ) as text_zh,
        actions.figure as value
    from actions
    inner join said on actions.rule_id = said.rule_id

    union all

    select
        actions.strategy_action_id,
        2 as place,
        wording.reason_code,
        wording.text_en,
        wording.text_zh,
        cast(null as double) as value
    from actions
    inner join wording
        on wording.reason_code = case actions.consent_basis
            when 'granted' then 'consent_granted'
            when 'assumed' then 'consent_not_recorded'
            else 'answer_to_a_letter'
        end

    union all

    select
        actions.strategy_action_id,
        3 as place,
        wording.reason_code,
        replace(wording.text_en, '{value}', printf('%.2f', actions.score)) as text_en,
        replace(wording.text_zh, '{value}', printf('%.2f', actions.score)) as text_zh,
        actions.score as value
    from actions
    inner join wording
        on wording.reason_code = case
            when actions.is_exploration then 'drawn_to_learn'
            when actions.evidence = 'randomised' then 'worth_as_measured'
            else 'worth_as_judged'
        end
    where actions.score is not null

    union all

    select
        actions.strategy_action_id,
        4 as place,
        wording.reason_code,
        replace(
            replace(wording.text_en, '{weekday}', weekdays.name_en),
            '{value}', cast(actions.preferred_hour as varchar)
        ) as text_en,
        replace(
            replace(wording.text_zh, '{weekday}', weekdays.name_zh),
            '{value}', cast(actions.preferred_hour as varchar)
        ) as text_zh,
        cast(actions.preferred_hour as double) as value
    from actions
    inner join weekdays on actions.preferred_iso_weekday = weekdays.iso_weekday
    inner join wording on wording.reason_code = 'preferred_time'
    where actions.preferred_hour is not null and actions.issue_id is null

    union all

    select
        actions.strategy_action_id,
        5 as place,
        wording.reason_code,
        replace(wording.text_en, '{value}', printf('%.1f', actions.influence_value)) as text_en,
        replace(wording.text_zh, '{value}', printf('%.1f', actions.influence_value)) as text_zh,
        actions.influence_value as value
    from actions
    inner join wording on wording.reason_code = 'well_connected'
    where actions.influence_value >= $connected_from
)

select
    strategy_action_id,
    cast(row_number() over (
        partition by strategy_action_id order by place asc
    ) as integer) as rank,
    reason_code,
    text_en,
    text_zh,
    value,
    cast($as_of as date) as as_of_date
from given
"""
