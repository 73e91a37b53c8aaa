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
        {{ cast_or_null('currency_code', 'own_currency') }} as currency_code,
        ---------- numbers
        {{ cast_or_null('sequence_no', 'integer') }} as sequence_no,
        ---------- dates
        {{ cast_or_null('promised_on', 'date') }} as promised_on,
        {{ cast_or_null('delivered_on', 'date') }} as delivered_on,
        ---------- timestamps
        {{ cast_or_null('ordered_at', 'timestamp') }} as ordered_at,
        {{ cast_or_null('paid_at', 'timestamp') }} as paid_at,
        {{ cast_or_null('shipped_at', 'timestamp') }} as shipped_at,
        {{ known_at(
            'coalesce(' ~ cast_or_null('ordered_at', 'timestamp') ~ ', '
            ~ cast_or_null('paid_at', 'timestamp') ~ ', '
            ~ cast_or_null('shipped_at', 'timestamp') ~ ')'
        ) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'order_source_id': 'required text',
            'ordered_at': 'timestamp',
            'currency_code': 'own_currency',
            'sequence_no': 'integer',
            'paid_at': 'timestamp',
            'shipped_at': 'timestamp',
            'promised_on': 'date',
            'delivered_on': 'date',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['order_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
