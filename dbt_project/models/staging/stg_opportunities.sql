with

source as (

    select * from {{ source('landing', 'landing_opportunities') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('opportunity_source_id', 'text') }} as opportunity_source_id,
        {{ cast_or_null('organization_source_id', 'text') }} as organization_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('owner_source_id', 'text') }} as owner_source_id,
        ---------- text
        {{ cast_or_null('stage_name', 'text') }} as stage_name,
        {{ cast_or_null('currency_code', 'currency') }} as currency_code,
        ---------- numbers
        {{ cast_or_null('amount', 'decimal') }} as amount,
        {{ cast_or_null('probability', 'number') }} as probability,
        ---------- booleans
        {{ cast_or_null('is_won', 'boolean') }} as is_won,
        ---------- dates
        {{ cast_or_null('close_date', 'date') }} as close_date,
        ---------- timestamps
        {{ cast_or_null('opened_at', 'timestamp') }} as opened_at,
        {{ known_at(cast_or_null('opened_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'opportunity_source_id': 'required text',
            'amount': 'decimal',
            'currency_code': 'currency',
            'probability': 'number from 0 to 1',
            'opened_at': 'required timestamp',
            'close_date': 'date',
            'is_won': 'boolean',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['opportunity_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
