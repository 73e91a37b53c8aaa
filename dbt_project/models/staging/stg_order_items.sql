with

source as (

    select * from {{ source('landing', 'landing_order_items') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('order_item_source_id', 'text') }} as order_item_source_id,
        {{ cast_or_null('order_source_id', 'text') }} as order_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('product_source_id', 'text') }} as product_source_id,
        ---------- text
        {{ cast_or_null('currency_code', 'own_currency') }} as currency_code,
        ---------- numbers
        {{ cast_or_null('quantity', 'integer') }} as quantity,
        {{ cast_or_null('net_amount', 'decimal') }} as net_amount,
        {{ cast_or_null('retail_discount_amount', 'decimal') }} as retail_discount_amount,
        {{ cast_or_null('coupon_discount_amount', 'decimal') }} as coupon_discount_amount,
        {{ cast_or_null('coupon_match_amount', 'decimal') }} as coupon_match_amount,
        ---------- timestamps
        {{ cast_or_null('ordered_at', 'timestamp') }} as ordered_at,
        {{ known_at(cast_or_null('ordered_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'order_item_source_id': 'required text',
            'order_source_id': 'required text',
            'product_source_id': 'required text',
            'ordered_at': 'timestamp',
            'quantity': 'required integer',
            'net_amount': 'required decimal',
            'retail_discount_amount': 'decimal',
            'coupon_discount_amount': 'decimal',
            'coupon_match_amount': 'decimal',
            'currency_code': 'own_currency',
        }) }} as reject_reason
    from source

)

select * from typed
