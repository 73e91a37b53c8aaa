with

products as (

    {{ current_version(
        ref('stg_products'),
        key=['product_source_id'],
        event_time='known_at',
        keeps_deleted=true
    ) }}

),

order_items as (

    {{ current_version(
        ref('stg_order_items'), key=['order_item_source_id'], event_time='ordered_at'
    ) }}

),

products_sold as (

    select
        source_system,
        product_source_id,
        cast(max(ordered_at) as timestamp) as last_sold_at
    from order_items
    group by source_system, product_source_id

),

-- A placeholder stands for each product that was sold and that no source describes, so that
-- every line keeps its product. Nothing is known of its unit, so its quantities count nothing.
products_completed as (

    select
        ---------- ids
        coalesce(products.source_system, products_sold.source_system) as source_system,
        coalesce(products.product_source_id, products_sold.product_source_id)
            as product_source_id,
        ---------- text
        products.sku,
        coalesce(
            products.name, products.category_l3, products.category_l2, products.category_l1
        ) as name,
        products.category_l1,
        products.category_l2,
        products.category_l3,
        products.brand,
        products.manufacturer_id,
        products.package_size,
        products.currency_code,
        ---------- numbers
        products.list_price,
        ---------- booleans
        products.product_source_id is not null and coalesce(products.is_countable, true)
            as is_countable,
        products.product_source_id is null as is_unknown,
        coalesce(products.is_deleted, false) as is_deleted,
        ---------- timestamps
        products_sold.last_sold_at
    from products
    full outer join products_sold
        on
            products.source_system = products_sold.source_system
            and products.product_source_id = products_sold.product_source_id

),

products_described as (

    select
        ---------- ids
        {{ entity_id('product_source_id') }} as product_id,
        source_system,
        product_source_id,
        ---------- text
        coalesce(sku, product_source_id) as sku,
        name,
        category_l1,
        category_l2,
        category_l3,
        brand,
        manufacturer_id,
        package_size,
        coalesce(currency_code, {{ currency_code() }}) as currency_code,
        ---------- numbers
        list_price,
        ---------- booleans
        is_countable,
        is_unknown,
        not is_deleted and coalesce(last_sold_at >= {{ days_before_as_of(365) }}, false)
            as is_active,
        is_deleted,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        last_sold_at
    from products_completed

)

select * from products_described
