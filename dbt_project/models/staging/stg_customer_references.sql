{#- Facts that make whoever they name a customer; ties and social interactions do not. -#}
{%- set naming = [
    'stg_orders', 'stg_order_items', 'stg_redemptions', 'stg_page_views', 'stg_reviews',
    'stg_messages', 'stg_consents', 'stg_surveys', 'stg_opportunities', 'stg_assignments',
    'stg_outcomes',
] -%}
with

campaigns as (

    select * from {{ ref('stg_campaigns') }}
    where reject_reason is null

),

contacts as (

    select * from {{ ref('stg_contacts') }}
    where reject_reason is null

),

campaigns_first_known as (

    select
        source_system,
        campaign_source_id,
        cast(min(known_at) as timestamp) as known_at
    from campaigns
    group by source_system, campaign_source_id

),

-- A touch without a date of its own is known with its campaign.
contacts_dated as (

    select
        contacts.source_system,
        contacts.customer_source_id,
        contacts.landing_sequence,
        coalesce(contacts.known_at, campaigns_first_known.known_at) as known_at
    from contacts
    left join campaigns_first_known
        on
            contacts.source_system = campaigns_first_known.source_system
            and contacts.campaign_source_id = campaigns_first_known.campaign_source_id

),

mentions as (

    select
        source_system,
        customer_source_id,
        known_at,
        landing_sequence,
        true as is_record
    from {{ ref('stg_customers') }}
    where reject_reason is null
    union all
    select
        source_system,
        customer_source_id,
        known_at,
        landing_sequence,
        false as is_record
    from contacts_dated
    {%- for model in naming %}
    union all
    select
        source_system,
        customer_source_id,
        known_at,
        landing_sequence,
        false as is_record
    from {{ ref(model) }}
    where reject_reason is null
    {%- endfor %}

),

mentions_summed_per_customer as (

    select
        source_system,
        customer_source_id,
        cast(min(known_at) as timestamp) as first_dated_at,
        cast(min(landing_sequence) as bigint) as first_landing_sequence,
        cast(max(case when is_record then 1 else 0 end) as integer) as n_records,
        cast(max(case when known_at is null then 1 else 0 end) as integer) as n_undated
    from mentions
    where customer_source_id is not null
    group by source_system, customer_source_id

),

sources_first_known as (

    select
        source_system,
        cast(min(first_dated_at) as timestamp) as first_known_at
    from mentions_summed_per_customer
    group by source_system

),

-- A row without a date counts as known since its source's first event; a source without any
-- event counts as known from the start.
references_dated as (

    select
        ---------- ids
        mentions_summed_per_customer.source_system,
        mentions_summed_per_customer.customer_source_id,
        ---------- numbers
        mentions_summed_per_customer.first_landing_sequence,
        ---------- booleans
        mentions_summed_per_customer.n_records = 1 as has_customer_record,
        ---------- timestamps
        coalesce(
            case
                when mentions_summed_per_customer.n_undated = 0
                    then mentions_summed_per_customer.first_dated_at
                else sources_first_known.first_known_at
            end,
            cast('1900-01-01 00:00:00' as timestamp)
        ) as first_known_at
    from mentions_summed_per_customer
    inner join sources_first_known
        on mentions_summed_per_customer.source_system = sources_first_known.source_system

)

select * from references_dated
