{%- set attributes = [
    'customer_type', 'age_band', 'income_band', 'home_ownership', 'marital_status',
    'household_size', 'household_composition', 'kids_count',
] -%}

with

-- Records that delete among them: they end a version and begin one.
customer_records as (

    select * from {{ ref('stg_customers') }}
    where
        (reject_reason is null or reject_reason = 'DELETED')
        and {{ is_visible('registered_at', 'known_at') }}

),

customer_references as (

    select * from {{ ref('stg_customer_references') }}
    where {{ is_visible('first_known_at', 'first_known_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

references_identified as (

    select
        identities.customer_id,
        customer_references.source_system,
        customer_references.customer_source_id,
        customer_references.first_known_at
    from customer_references
    inner join identities
        on
            customer_references.source_system = identities.source_system
            and customer_references.customer_source_id = identities.source_record_id

),

customers_first_known as (

    select
        customer_id,
        cast(min(first_known_at) as timestamp) as first_known_at
    from references_identified
    group by customer_id

),

-- A customer begins without attributes, when first mentioned; each landed record states something.
statements as (

    select
        customer_id,
        customer_id as customer_record_id,
        first_known_at as known_from,
        cast(0 as bigint) as landing_sequence,
        cast(0 as bigint) as record_no,
        true as is_mention,
        false as is_deletion,
        {% for name in attributes -%}
        cast(null as varchar) as {{ name }},
        {% endfor -%}
        cast(null as boolean) as is_loyalty_member,
        cast(null as timestamp) as registered_at
    from customers_first_known
    union all
    select
        references_identified.customer_id,
        {{ entity_id('customer_source_id', 'customer_records') }} as customer_record_id,
        coalesce(customer_records.known_at, references_identified.first_known_at) as known_from,
        customer_records.landing_sequence,
        customer_records.record_no,
        false as is_mention,
        customer_records.reject_reason is not null as is_deletion,
        {% for name in attributes -%}
        customer_records.{{ name }},
        {% endfor -%}
        customer_records.is_loyalty_member,
        customer_records.registered_at
    from customer_records
    inner join references_identified
        on
            customer_records.source_system = references_identified.source_system
            and customer_records.customer_source_id = references_identified.customer_source_id

)

select * from statements
