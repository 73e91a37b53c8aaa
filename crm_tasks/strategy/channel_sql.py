"""The SQL of channel ranks: by what each customer answers, writes and acts, counted."""

from __future__ import annotations

#: A rank per customer, channel and platform with any evidence: what the customer did there counts,
#: then answers before letters, then what is latest, then the names. Touches alone rank last.
CHANNEL_RANKS = """
with evidence as (
    select
        contacts.customer_id,
        channels.channel_id,
        channels.platform,
        1 as n_touched,
        case when contacts.converted_at is null then 0 else 1 end as n_answered,
        0 as n_written,
        0 as n_interactions,
        contacts.converted_at as acted_at
    from contacts
    inner join channels on contacts.channel_id = channels.channel_id
    where contacts.sent_at is not null

    union all

    select
        messages.customer_id,
        channels.channel_id,
        channels.platform,
        0,
        0,
        1,
        0,
        messages.sent_at
    from messages
    inner join channels on messages.channel = channels.channel
    where messages.direction = 'in'

    union all

    select
        interactions.actor_customer_id,
        channels.channel_id,
        coalesce(interactions.platform, channels.platform),
        0,
        0,
        0,
        1,
        interactions.occurred_at
    from interactions
    inner join channels on channels.channel = 'social'
),

summed as (
    select
        evidence.customer_id,
        evidence.channel_id,
        coalesce(evidence.platform, 'unknown') as platform,
        cast(sum(evidence.n_touched) as bigint) as n_touched,
        cast(sum(evidence.n_answered) as bigint) as n_answered,
        cast(sum(evidence.n_written) as bigint) as n_written,
        cast(sum(evidence.n_interactions) as bigint) as n_interactions,
        max(evidence.acted_at) as last_acted_at
    from evidence
    inner join customers on evidence.customer_id = customers.customer_id
    group by evidence.customer_id, evidence.channel_id, coalesce(evidence.platform, 'unknown')
)

select
    customer_id,
    channel_id,
    platform,
    cast(row_number() over (
        partition by customer_id
        order by
            n_answered + n_written + n_interactions desc,
            n_answered desc,
            last_acted_at desc nulls last,
            channel_id asc,
            platform asc
    ) as integer) as rank,
    n_touched,
    n_answered,
    n_written,
    n_interactions,
    last_acted_at,
    cast($as_of as date) as as_of_date
from summed
"""
