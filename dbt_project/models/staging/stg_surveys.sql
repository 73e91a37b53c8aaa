with

source as (

    select * from {{ source('landing', 'landing_surveys') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('survey_source_id', 'text') }} as survey_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        ---------- numbers
        {{ cast_or_null('csat', 'integer') }} as csat,
        {{ cast_or_null('nps', 'integer') }} as nps,
        ---------- timestamps
        {{ cast_or_null('survey_at', 'timestamp') }} as survey_at,
        {{ known_at(cast_or_null('survey_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'survey_source_id': 'required text',
            'survey_at': 'required timestamp',
            'csat': 'integer from 1 to 5',
            'nps': 'integer from 0 to 10',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['survey_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
