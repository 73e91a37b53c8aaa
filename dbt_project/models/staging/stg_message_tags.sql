with

source as (

    select * from {{ source('landing', 'landing_message_tags') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('message_source_id', 'text') }} as message_source_id,
        ---------- text
        {{ cast_or_null('intent', 'text') }} as intent,
        ---------- timestamps
        {{ cast_or_null('tagged_at', 'timestamp') }} as tagged_at,
        {{ known_at(cast_or_null('tagged_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'message_source_id': 'required text',
            'intent': 'required text',
            'tagged_at': 'timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['message_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
