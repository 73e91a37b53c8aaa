with

source as (

    select * from {{ source('landing', 'landing_orders') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('order_source_id', 'text') }} as order_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('store_id', 'text') }} as store_id,
        ---------- text
        {{ cast_or_null('status', 'text') }} as status,
        {{ cast_or_null('channel', 'text') }} as channel,
        ---------- timestamps
        {{ cast_or_null('ordered_at', 'timestamp') }} as ordered_at,
        {{ known_at(cast_or_null('ordered_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'order_source_id': 'required text',
            'ordered_at': 'required timestamp',
        }) }} as reject_reason
    from source

)

select * from typed
