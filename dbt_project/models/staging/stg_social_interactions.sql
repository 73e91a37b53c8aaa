with

source as (

    select * from {{ source('landing', 'landing_social_interactions') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('interaction_source_id', 'text') }} as interaction_source_id,
        {{ cast_or_null('actor_source_id', 'text') }} as actor_source_id,
        {{ cast_or_null('target_source_id', 'text') }} as target_source_id,
        {{ cast_or_null('text_token', 'token') }} as text_token,
        ---------- text
        {{ cast_or_null('platform', 'text') }} as platform,
        {{ cast_or_null('interaction_type', 'word') }} as interaction_type,
        {{ cast_or_null('mentioned_source_ids', 'list') }} as mentioned_source_ids,
        ---------- timestamps
        {{ cast_or_null('occurred_at', 'timestamp') }} as occurred_at,
        {{ known_at(cast_or_null('occurred_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'interaction_source_id': 'required text',
            'interaction_type': 'word in mention|reply|direct_message|follow|call|ticket|post',
            'actor_source_id': 'required text',
            'mentioned_source_ids': 'list',
            'occurred_at': 'required timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['interaction_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
