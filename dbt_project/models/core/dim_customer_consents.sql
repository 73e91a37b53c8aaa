with

consents as (

    select * from {{ ref('fct_consents') }}
    where customer_id is not null

),

channels as (

    select * from {{ ref('dim_channels') }}

),

channels_named as (

    select distinct channel from channels

),

-- What counts for contacting: decisions about marketing, or about every purpose. A decision about
-- every channel is one about each.
decisions as (

    select
        consents.customer_id,
        consents.customer_record_id,
        channels_named.channel,
        consents.consent_event_id,
        consents.status,
        consents.occurred_at,
        case when consents.status = 'granted' then 1 else 0 end as is_granted
    from consents
    inner join channels_named
        on consents.channel is null or consents.channel = channels_named.channel
    where coalesce(lower(consents.purpose), 'marketing') = 'marketing'

),

-- Of each record the last decision holds; of two at the same moment, and before any date that is
-- unknown, the one that allows less.
decisions_ranked as (

    select
        *,
        cast(row_number() over (
            partition by customer_record_id, channel
            order by
                case when occurred_at is null and is_granted = 0 then 0 else 1 end asc nulls last,
                occurred_at desc nulls last,
                is_granted asc nulls last,
                consent_event_id asc nulls last
        ) as bigint) as decision_rank
    from decisions

),

decisions_held as (

    select * from decisions_ranked
    where decision_rank = 1

),

-- A person known by several records is contacted only if none of them says no.
consents_of_persons as (

    select
        *,
        cast(row_number() over (
            partition by customer_id, channel
            order by
                is_granted asc nulls last,
                occurred_at desc nulls last,
                consent_event_id asc nulls last
        ) as bigint) as person_rank,
        cast(min(is_granted) over (partition by customer_id, channel) as integer) as least_granted,
        cast(max(is_granted) over (partition by customer_id, channel) as integer) as most_granted
    from decisions_held

),

consents_described as (

    select
        ---------- ids
        customer_id,
        consent_event_id,
        ---------- text
        channel,
        status,
        ---------- booleans
        is_granted = 1 as is_granted,
        least_granted <> most_granted as is_contradictory,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        occurred_at as decided_at
    from consents_of_persons
    where person_rank = 1

)

select * from consents_described
