"""The SQL of duties: open issues that are answered before anything else is planned."""

from __future__ import annotations

#: Open issues past their deadline that no action planned for real answers yet: one per
#: conversation, on a channel there is consent to if there is any, the one it came by before others.
DUTIES = """
with issues as (
    select
        coalesce(conversation_id, message_id) as issue_id,
        min(customer_id) as customer_id,
        arg_min(channel, (sent_at, message_id)) as channel,
        min(sent_at) as opened_at,
        max(case when messages.is_complaint or agent_intent = 'complaint' then 1 else 0 end)
            as is_complaint
    from messages
    where is_open_issue and customer_id is not null
    group by coalesce(conversation_id, message_id)
),

late as (
    select
        *,
        date_diff(
            'day',
            cast(opened_at at time zone 'UTC' at time zone $time_zone as date),
            cast($as_of as date)
        ) as days_open
    from issues
),

ways as (
    select
        late.issue_id,
        late.customer_id,
        late.is_complaint,
        late.days_open,
        channels.channel_id,
        cast(channels.unit_cost as double) as cost,
        channels.channel = late.channel as is_where_it_came,
        allowed_channels.place,
        case channels.channel
            when 'email' then customers.consent_email
            when 'sms' then customers.consent_sms
            when 'social' then customers.consent_social
            when 'phone' then customers.consent_phone
            when 'mail' then customers.consent_mail
        end as consent
    from late
    inner join customers on late.customer_id = customers.customer_id
    cross join channels
    inner join allowed_channels on channels.channel = allowed_channels.channel
    where late.days_open >= $issue_deadline_days
),

ranked as (
    select
        *,
        row_number() over (
            partition by issue_id
            order by
                case
                    when coalesce(consent, $consent_when_unknown = 'assume') then 0 else 1
                end asc,
                case when is_where_it_came then 0 else 1 end asc,
                place asc,
                channel_id asc
        ) as way
    from ways
)

select
    issue_id,
    customer_id,
    is_complaint,
    cast(days_open as double) as figure,
    channel_id,
    cost,
    -- Who wrote may be answered where the letter came from: an answer is no advertisement.
    case
        when consent then 'granted'
        when consent is null and $consent_when_unknown = 'assume' then 'assumed'
        else 'reply'
    end as consent_basis
from ranked
where
    way = 1
    and sha256('issue:' || issue_id) not in (
        select previous_actions.idempotency_key from previous_actions
        where previous_actions.status = 'planned'
    )
order by issue_id
"""
