{#- Facts that make whoever they name a customer; ties and social interactions do not. -#}
{%- set naming = [
    'stg_orders', 'stg_redemptions', 'stg_page_views', 'stg_reviews', 'stg_messages',
    'stg_consents', 'stg_surveys', 'stg_opportunities', 'stg_assignments', 'stg_outcomes',
] -%}
with

order_items as (

    select * from {{ ref('stg_order_items') }}
    where reject_reason is null

),

order_items_dated as (

    select * from order_items
    where known_at is not null

),

orders_first_known as (

    select
        source_system,
        order_source_id,
        cast(min(known_at) as timestamp) as known_at
    from {{ ref('stg_orders') }}
    where reject_reason is null
    group by source_system, order_source_id

),

-- A line without a date of its own is known with its order.
order_items_undated as (

    select
        order_items.source_system,
        order_items.customer_source_id,
        order_items.landing_sequence,
        orders_first_known.known_at
    from order_items
    left join orders_first_known
        on
            order_items.source_system = orders_first_known.source_system
            and order_items.order_source_id = orders_first_known.order_source_id
    where order_items.known_at is null

),

campaigns_first_known as (

    select
        source_system,
        campaign_source_id,
        cast(min(known_at) as timestamp) as known_at
    from {{ ref('stg_campaigns') }}
    where reject_reason is null
    group by source_system, campaign_source_id

),

-- A touch without a date of its own is known with its campaign.
contacts_dated as (

    select
        contacts.source_system,
        contacts.customer_source_id,
        contacts.landing_sequence,
        coalesce(contacts.known_at, campaigns_first_known.known_at) as known_at
    from {{ ref('stg_contacts') }} as contacts
    left join campaigns_first_known
        on
            contacts.source_system = campaigns_first_known.source_system
            and contacts.campaign_source_id = campaigns_first_known.campaign_source_id
    where contacts.reject_reason is null

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
    {%- for dated in ['contacts_dated', 'order_items_dated', 'order_items_undated'] %}
    union all
    select
        source_system,
        customer_source_id,
        known_at,
        landing_sequence,
        false as is_record
    from {{ dated }}
    {%- endfor %}
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
