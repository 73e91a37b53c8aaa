with

versions as (

    select * from {{ ref('dim_customers_history') }}
    where is_current

),

customer_references as (

    select * from {{ ref('stg_customer_references') }}
    where {{ is_visible('first_known_at', 'first_known_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

golden_customers as (

    select * from {{ source('identity', 'golden_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null

),

redemptions as (

    select * from {{ ref('fct_redemptions') }}
    where customer_id is not null

),

references_summed_per_customer as (

    select
        identities.customer_id,
        cast(count(*) as integer) as n_source_records,
        cast(min(customer_references.first_known_at) as timestamp) as first_known_at
    from customer_references
    inner join identities
        on
            customer_references.source_system = identities.source_system
            and customer_references.customer_source_id = identities.source_record_id
    group by identities.customer_id

),

-- What customers did themselves; being written to is not being seen.
moments_seen as (

    select
        customer_id,
        ordered_at as seen_at,
        ordered_at
    from orders
    union all
    select
        customer_id,
        redeemed_at as seen_at,
        cast(null as timestamp) as ordered_at
    from redemptions

),

moments_summed_per_customer as (

    select
        customer_id,
        cast(min(seen_at) as timestamp) as first_seen_at,
        cast(max(seen_at) as timestamp) as last_seen_at,
        cast(min(ordered_at) as timestamp) as first_order_at
    from moments_seen
    group by customer_id

),

customers_described as (

    select
        ---------- ids
        versions.customer_id,
        cast(null as varchar) as organization_id,
        ---------- text
        versions.customer_type,
        golden_customers.gender,
        golden_customers.city,
        golden_customers.region,
        golden_customers.country_code,
        golden_customers.language_code,
        golden_customers.acquisition_channel,
        versions.age_band,
        versions.income_band,
        versions.home_ownership,
        versions.marital_status,
        versions.household_size,
        versions.household_composition,
        versions.kids_count,
        ---------- numbers
        golden_customers.birth_year,
        references_summed_per_customer.n_source_records,
        coalesce(golden_customers.identity_confidence, cast(1 as double)) as identity_confidence,
        ---------- booleans
        golden_customers.has_email,
        golden_customers.has_phone,
        not versions.is_deleted
        and coalesce(moments_summed_per_customer.last_seen_at >= {{ days_before_as_of(90) }}, false)
            as is_active,
        versions.is_loyalty_member,
        versions.is_deleted,
        false as is_erased,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date,
        ---------- timestamps
        coalesce(
            moments_summed_per_customer.first_seen_at,
            references_summed_per_customer.first_known_at
        ) as first_seen_at,
        moments_summed_per_customer.last_seen_at,
        moments_summed_per_customer.first_order_at
    from versions
    inner join references_summed_per_customer
        on versions.customer_id = references_summed_per_customer.customer_id
    left join moments_summed_per_customer
        on versions.customer_id = moments_summed_per_customer.customer_id
    left join golden_customers
        on versions.customer_id = golden_customers.customer_id

)

select * from customers_described
