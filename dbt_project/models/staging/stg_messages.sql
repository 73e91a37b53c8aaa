with

source as (

    select * from {{ source('landing', 'landing_messages') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('message_source_id', 'text') }} as message_source_id,
        {{ cast_or_null('conversation_source_id', 'text') }} as conversation_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('text_token', 'token') }} as text_token,
        ---------- text
        {{ cast_or_null('channel', 'text') }} as channel,
        {{ cast_or_null('direction', 'word') }} as direction,
        ---------- timestamps
        {{ cast_or_null('sent_at', 'timestamp') }} as sent_at,
        {{ cast_or_null('resolved_at', 'timestamp') }} as resolved_at,
        {{ known_at(cast_or_null('sent_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'message_source_id': 'required text',
            'direction': 'word in in|out',
            'sent_at': 'required timestamp',
            'resolved_at': 'timestamp',
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
