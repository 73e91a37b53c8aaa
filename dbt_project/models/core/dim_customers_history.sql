with

customer_records as (

    select * from {{ ref('stg_customers') }}
    where reject_reason is null and {{ is_visible('registered_at', 'known_at') }}

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

-- A customer begins without attributes, when first mentioned; each landed record is a version.
versions as (

    select
        customer_id,
        first_known_at as known_from,
        cast(0 as bigint) as landing_sequence,
        cast(0 as bigint) as record_no,
        cast(null as timestamp) as registered_at,
        cast(null as varchar) as customer_type,
        cast(null as varchar) as age_band,
        cast(null as varchar) as income_band,
        cast(null as varchar) as home_ownership,
        cast(null as varchar) as marital_status,
        cast(null as varchar) as household_size,
        cast(null as varchar) as household_composition,
        cast(null as varchar) as kids_count
    from customers_first_known
    union all
    select
        references_identified.customer_id,
        coalesce(customer_records.known_at, references_identified.first_known_at) as known_from,
        customer_records.landing_sequence,
        customer_records.record_no,
        customer_records.registered_at,
        customer_records.customer_type,
        customer_records.age_band,
        customer_records.income_band,
        customer_records.home_ownership,
        customer_records.marital_status,
        customer_records.household_size,
        customer_records.household_composition,
        customer_records.kids_count
    from customer_records
    inner join references_identified
        on
            customer_records.source_system = references_identified.source_system
            and customer_records.customer_source_id = references_identified.customer_source_id

),

-- Of several versions known at the same moment the last landed holds.
versions_ranked as (

    select
        *,
        {{ row_text([
            'customer_type', 'age_band', 'income_band', 'home_ownership', 'marital_status',
            'household_size', 'household_composition', 'kids_count',
        ]) }} as attributes,
        cast(row_number() over (
            partition by customer_id, known_from
            order by
                landing_sequence desc nulls last,
                record_no desc nulls last
        ) as bigint) as version_rank
    from versions

),

versions_compared as (

    select
        *,
        cast(lag(attributes) over (
            partition by customer_id
            order by known_from asc nulls first
        ) as varchar) as attributes_before
    from versions_ranked
    where version_rank = 1

),

-- A record delivered again without a change adds no version.
versions_changed as (

    select
        *,
        cast(lead(known_from) over (
            partition by customer_id
            order by known_from asc nulls first
        ) as timestamp) as known_to,
        cast(row_number() over (
            partition by customer_id
            order by known_from asc nulls first
        ) as integer) as version_no
    from versions_compared
    where attributes_before is null or attributes <> attributes_before

),

versions_dated as (

    select
        ---------- ids
        customer_id,
        ---------- text
        coalesce(customer_type, 'individual') as customer_type,
        age_band,
        income_band,
        home_ownership,
        marital_status,
        household_size,
        household_composition,
        kids_count,
        ---------- numbers
        version_no,
        ---------- booleans
        known_to is null as is_current,
        ---------- timestamps
        case
            when version_no = 1 and registered_at < known_from then registered_at
            else known_from
        end as valid_from,
        known_to as valid_to,
        known_from,
        known_to
    from versions_changed

)

select * from versions_dated
