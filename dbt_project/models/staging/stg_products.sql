with

source as (

    select * from {{ source('landing', 'landing_products') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('product_source_id', 'text') }} as product_source_id,
        {{ cast_or_null('manufacturer_id', 'text') }} as manufacturer_id,
        ---------- text
        {{ cast_or_null('sku', 'text') }} as sku,
        {{ cast_or_null('name', 'text') }} as name,
        {{ cast_or_null('category_l1', 'text') }} as category_l1,
        {{ cast_or_null('category_l2', 'text') }} as category_l2,
        {{ cast_or_null('category_l3', 'text') }} as category_l3,
        {{ cast_or_null('brand', 'text') }} as brand,
        {{ cast_or_null('package_size', 'text') }} as package_size,
        {{ cast_or_null('currency_code', 'currency') }} as currency_code,
        ---------- numbers
        {{ cast_or_null('list_price', 'decimal') }} as list_price,
        ---------- booleans
        {{ cast_or_null('is_countable', 'boolean') }} as is_countable,
        ---------- timestamps
        {{ known_at('cast(null as timestamp)') }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'product_source_id': 'required text',
            'list_price': 'decimal',
            'is_countable': 'boolean',
            'currency_code': 'currency',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['product_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
