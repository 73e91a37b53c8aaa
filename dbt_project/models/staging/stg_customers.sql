with

source as (

    select * from {{ source('landing', 'landing_customers') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        ---------- text
        {{ cast_or_null('customer_type', 'text') }} as customer_type,
        {{ cast_or_null('age_band', 'text') }} as age_band,
        {{ cast_or_null('income_band', 'text') }} as income_band,
        {{ cast_or_null('home_ownership', 'text') }} as home_ownership,
        {{ cast_or_null('marital_status', 'text') }} as marital_status,
        {{ cast_or_null('household_size', 'text') }} as household_size,
        {{ cast_or_null('household_composition', 'text') }} as household_composition,
        {{ cast_or_null('kids_count', 'text') }} as kids_count,
        ---------- timestamps
        {{ cast_or_null('registered_at', 'timestamp') }} as registered_at,
        {{ known_at(cast_or_null('registered_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'customer_source_id': 'required text',
            'registered_at': 'timestamp',
        }) }} as reject_reason
    from source

)

select * from typed
