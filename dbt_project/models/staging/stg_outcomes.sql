with

source as (

    select * from {{ source('landing', 'landing_outcomes') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('outcome_source_id', 'text') }} as outcome_source_id,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        {{ cast_or_null('unit_source_id', 'text') }} as unit_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        ---------- text
        {{ cast_or_null('outcome_name', 'text') }} as outcome_name,
        ---------- numbers
        {{ cast_or_null('outcome_value', 'number') }} as outcome_value,
        ---------- timestamps
        {{ cast_or_null('observed_at', 'timestamp') }} as observed_at,
        {{ known_at(cast_or_null('observed_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'outcome_source_id': 'required text',
            'campaign_source_id': 'required text',
            'outcome_name': 'required text',
            'outcome_value': 'required number',
            'observed_at': 'required timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['outcome_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
