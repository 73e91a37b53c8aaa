with

source as (

    select * from {{ source('landing', 'landing_campaigns') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        ---------- text
        {{ cast_or_null('name', 'text') }} as name,
        {{ cast_or_null('campaign_type', 'text') }} as campaign_type,
        {{ cast_or_null('content_type', 'text') }} as content_type,
        {{ cast_or_null('channel', 'text') }} as channel,
        {{ cast_or_null('design', 'text') }} as design,
        ---------- numbers
        {{ cast_or_null('unit_cost', 'decimal4') }} as unit_cost,
        ---------- booleans
        {{ cast_or_null('is_randomized', 'boolean') }} as is_randomized,
        ---------- dates
        {{ cast_or_null('start_date', 'date') }} as start_date,
        {{ cast_or_null('end_date', 'date') }} as end_date,
        ---------- timestamps
        {{ known_at(local_midnight(cast_or_null('start_date', 'date'))) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'campaign_source_id': 'required text',
            'start_date': 'required date',
            'end_date': 'date',
            'is_randomized': 'boolean',
            'unit_cost': 'decimal4 from 0',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['campaign_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
