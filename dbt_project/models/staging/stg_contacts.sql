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
        {{ cast_or_null('content_type', 'text') }} as content_type,
        {{ cast_or_null('outcome', 'text') }} as outcome,
        ---------- numbers
        {{ cast_or_null('cost', 'decimal4') }} as cost,
        ---------- timestamps
        {{ cast_or_null('sent_at', 'timestamp') }} as sent_at,
        {{ cast_or_null('delivered_at', 'timestamp') }} as delivered_at,
        {{ cast_or_null('opened_at', 'timestamp') }} as opened_at,
        {{ cast_or_null('clicked_at', 'timestamp') }} as clicked_at,
        {{ cast_or_null('converted_at', 'timestamp') }} as converted_at,
        {{ cast_or_null('opted_out_at', 'timestamp') }} as opted_out_at,
        {{ known_at(cast_or_null('sent_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'contact_source_id': 'required text',
            'sent_at': 'timestamp',
            'cost': 'decimal4 from 0',
            'delivered_at': 'timestamp',
            'opened_at': 'timestamp',
            'clicked_at': 'timestamp',
            'converted_at': 'timestamp',
            'opted_out_at': 'timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['contact_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
