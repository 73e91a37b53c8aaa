with

source as (

    select * from {{ source('landing', 'landing_opportunity_stages') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('opportunity_source_id', 'text') }} as opportunity_source_id,
        ---------- text
        {{ cast_or_null('stage_name', 'text') }} as stage_name,
        ---------- timestamps
        {{ cast_or_null('entered_at', 'timestamp') }} as entered_at,
        {{ known_at(cast_or_null('entered_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'opportunity_source_id': 'required text',
            'stage_name': 'required text',
            'entered_at': 'required timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['opportunity_source_id', 'stage_name', 'entered_at']) }} as is_duplicate
    from typed

)

select * from copies_marked
