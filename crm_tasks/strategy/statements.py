"""The SQL of the plan, one statement per step; each reads the result of the one before by name."""

from __future__ import annotations

#: The first rule that offers each customer something, by the order of the rule book.
CHOSEN = """
with ranked as (
    select
        fired.customer_id,
        fired.figure as value,
        rules.rule_no,
        rules.rule_id,
        rules.objective,
        rules.content_id,
        rules.text_en,
        rules.text_zh,
        row_number() over (
            partition by fired.customer_id order by rules.rule_no asc
        ) as place
    from fired
    inner join rules on fired.rule_id = rules.rule_id
    where
        fired.kind = 'expansion'
        and fired.customer_id not in (
            select fired.customer_id from fired
            where fired.kind = 'suppression' and fired.outcome = 'all'
        )
)

select
    customers.customer_id,
    ranked.rule_no,
    ranked.value,
    customers.net_revenue_total,
    customers.influence_value,
    customers.preferred_iso_weekday,
    customers.preferred_hour,
    customers.channel_preference,
    customers.contacts_30d,
    customers.last_contact_days,
    customers.consent_email,
    customers.consent_sms,
    customers.consent_social,
    customers.consent_phone,
    customers.consent_mail,
    ranked.rule_id,
    ranked.objective,
    ranked.text_en,
    ranked.text_zh,
    contents.content_id,
    contents.content_type
from customers
inner join ranked on customers.customer_id = ranked.customer_id and ranked.place = 1
inner join contents on ranked.content_id = contents.content_id
"""

#: The first channel each customer may be reached by, with the consent that allows it. More than
#: seven days since the last touch keep any cap per seven days; below that only the touches of the
#: last 30 days are known, and they must leave room under the channel's cap.
REACHABLE = """
with options as (
    select
        chosen.*,
        channels.channel_id,
        channels.unit_cost,
        channels.max_per_7d,
        channels.quiet_start,
        channels.quiet_end,
        allowed_channels.place,
        case channels.channel
            when 'email' then chosen.consent_email
            when 'sms' then chosen.consent_sms
            when 'social' then chosen.consent_social
            when 'phone' then chosen.consent_phone
            when 'mail' then chosen.consent_mail
        end as consent
    from chosen
    cross join channels
    inner join allowed_channels on channels.channel = allowed_channels.channel
),

allowed as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by
                case when channel_preference = channel_id then 0 else 1 end asc,
                place asc,
                channel_id asc
        ) as channel_rank
    from options
    where
        coalesce(consent, $consent_when_unknown = 'assume')
        and (
            coalesce(last_contact_days > 7, true)
            or coalesce(contacts_30d < max_per_7d, false)
        )
        and customer_id not in (
            select previous_actions.customer_id
            from previous_actions
            where
                previous_actions.status = 'planned'
                and previous_actions.scheduled_at >= cast($as_of as date) - 7
        )
)

select
    *,
    case when consent then 'granted' else 'assumed' end as consent_basis
from allowed
where channel_rank = 1
"""

#: The next preferred weekday within seven days from the as-of date, at the preferred hour moved
#: out of quiet hours, for as many customers a day as the profile allows.
SCHEDULED = """
with timed as (
    select
        *,
        cast($as_of as date) + cast(
            coalesce((preferred_iso_weekday - isodow(cast($as_of as date)) + 7) % 7, 0) as integer
        ) as local_date,
        make_time(cast(coalesce(preferred_hour, $default_hour) as bigint), 0, 0) as local_time
    from reachable
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
),

placed as (
    select
        *,
        row_number() over (
            partition by local_date
            order by rule_no asc, net_revenue_total desc nulls last, customer_id asc
        ) as place_of_day
    from quieted
)

select
    *,
    cast(
        (local_date + allowed_time) at time zone $time_zone at time zone 'UTC' as timestamp
    ) as scheduled_at
from placed
where place_of_day <= $actions_per_day
"""

ACTIONS = """
with named as (
    select
        *,
        objective || '-' || cast(cast($as_of as date) as varchar) as campaign_id,
        cast(row_number() over (
            order by rule_no asc, net_revenue_total desc nulls last, customer_id asc
        ) as integer) as priority
    from scheduled
),

identified as (
    select
        *,
        'action-' || substr(
            sha256(campaign_id || chr(31) || customer_id || chr(31) || rule_id), 1, 20
        ) as strategy_action_id
    from named
)

select
    strategy_action_id,
    campaign_id,
    customer_id,
    channel_id,
    content_id,
    content_type,
    scheduled_at,
    priority,
    rule_id,
    cast(null as double) as expected_uplift,
    cast(null as decimal(18, 2)) as expected_value,
    influence_value,
    cast(unit_cost as decimal(18, 4)) as cost,
    cast(1.0 as double) as decision_propensity,
    'none' as arm,
    consent_basis,
    cast($policy_version as varchar) as policy_version,
    sha256(
        strategy_action_id || chr(31) || channel_id || chr(31) || content_id || chr(31)
        || cast(scheduled_at as varchar)
    ) as idempotency_key,
    cast($status as varchar) as status,
    cast($as_of as date) as as_of_date,
    text_en,
    text_zh,
    value,
    preferred_iso_weekday,
    preferred_hour
from identified
"""

REASONS = """
with given as (
    select
        strategy_action_id,
        1 as place,
        rule_id as reason_code,
        replace(text_en, '{value}', cast(cast(round(value) as bigint) as varchar)) as text_en,
        replace(text_zh, '{value}', cast(cast(round(value) as bigint) as varchar)) as text_zh,
        value
    from actions

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
            else 'consent_not_recorded'
        end

    union all

    select
        actions.strategy_action_id,
        3 as place,
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
    where actions.preferred_hour is not null

    union all

    select
        actions.strategy_action_id,
        4 as place,
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

CAMPAIGNS = """
select
    actions.campaign_id,
    objectives.objective,
    objectives.name_en as name,
    objectives.name_zh,
    cast(null as decimal(18, 2)) as budget,
    cast(sum(actions.cost) as decimal(18, 4)) as planned_cost,
    cast(count(*) as bigint) as n_actions,
    cast($as_of as date) as start_date,
    cast($as_of as date) + 6 as end_date,
    'none' as design,
    cast(0.0 as double) as holdout_share,
    cast($status as varchar) as status,
    cast($as_of as date) as as_of_date
from actions
inner join objectives
    on actions.campaign_id = objectives.objective || '-' || cast(cast($as_of as date) as varchar)
group by actions.campaign_id, objectives.objective, objectives.name_en, objectives.name_zh
"""
