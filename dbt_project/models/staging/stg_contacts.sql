with

source as (

    select * from {{ source('landing', 'landing_contacts') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('contact_source_id', 'text') }} as contact_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        ---------- text
        {{ cast_or_null('channel', 'text') }} as channel,
        ---------- timestamps
        {{ cast_or_null('sent_at', 'timestamp') }} as sent_at,
        {{ known_at(cast_or_null('sent_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'contact_source_id': 'required text',
            'customer_source_id': 'required text',
            'sent_at': 'timestamp',
        }) }} as reject_reason
    from source

)

select * from typed
