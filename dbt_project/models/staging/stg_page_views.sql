with

source as (

    select * from {{ source('landing', 'landing_page_views') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('page_view_source_id', 'text') }} as page_view_source_id,
        {{ cast_or_null('session_source_id', 'text') }} as session_source_id,
        {{ cast_or_null('anonymous_token', 'token') }} as anonymous_token,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('product_source_id', 'text') }} as product_source_id,
        ---------- text
        {{ cast_or_null('event_type', 'text') }} as event_type,
        {{ cast_or_null('url', 'text') }} as url,
        {{ cast_or_null('referrer', 'text') }} as referrer,
        {{ cast_or_null('device_type', 'text') }} as device_type,
        {{ cast_or_null('utm_source', 'text') }} as utm_source,
        {{ cast_or_null('utm_medium', 'text') }} as utm_medium,
        {{ cast_or_null('utm_campaign', 'text') }} as utm_campaign,
        ---------- numbers
        {{ cast_or_null('engaged_seconds', 'number') }} as engaged_seconds,
        ---------- timestamps
        {{ cast_or_null('viewed_at', 'timestamp') }} as viewed_at,
        {{ known_at(cast_or_null('viewed_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'page_view_source_id': 'required text',
            'viewed_at': 'required timestamp',
            'engaged_seconds': 'number from 0',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['page_view_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
