with

order_items as (

    {{ current_version(
        ref('stg_order_items'), key=['order_item_source_id'], event_time='ordered_at'
    ) }}

),

lines_read as (

    select * from {{ ref('stg_order_items') }}
    where reject_reason is null and {{ is_visible('ordered_at', 'known_at') }}

),

lines_undated as (

    select * from lines_read
    where ordered_at is null

),

orders as (

    select * from {{ ref('int_orders_dated') }}

),

orders_ahead as (

    select
        source_system,
        order_source_id
    from {{ ref('stg_orders') }}
    where reject_reason is null and not {{ is_visible('ordered_at', 'known_at') }}
    group by source_system, order_source_id

),

-- A line without a moment of its own was ordered with its order, and waits for the day of it.
lines_dated as (

    select
        lines_undated.batch_id,
        lines_undated.record_no,
        orders.ordered_at,
        coalesce(orders.is_ahead, orders_ahead.order_source_id is not null) as is_ahead
    from lines_undated
    left join orders
        on
            lines_undated.source_system = orders.source_system
            and lines_undated.order_source_id = orders.order_source_id
    left join orders_ahead
        on
            lines_undated.source_system = orders_ahead.source_system
            and lines_undated.order_source_id = orders_ahead.order_source_id

),

identities as (

    select * from {{ source('identity', 'records') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- Two branches, so that the few undated lines cost the many others no join.
order_items_timed as (

    select
        source_system,
        order_item_source_id,
        order_source_id,
        customer_source_id,
        product_source_id,
        quantity,
        net_amount,
        retail_discount_amount,
        coupon_match_amount,
        coupon_discount_amount,
        ordered_at
    from order_items
    where ordered_at is not null
    union all
    select
        order_items.source_system,
        order_items.order_item_source_id,
        order_items.order_source_id,
        order_items.customer_source_id,
        order_items.product_source_id,
        order_items.quantity,
        order_items.net_amount,
        order_items.retail_discount_amount,
        order_items.coupon_match_amount,
        order_items.coupon_discount_amount,
        lines_dated.ordered_at
    from order_items
    inner join lines_dated
        on
            order_items.batch_id = lines_dated.batch_id
            and order_items.record_no = lines_dated.record_no
    where not lines_dated.is_ahead

),

-- Every line stays: unknown products, zero quantities and fuel are flagged, and features decide
-- what counts.
order_items_joined_to_products as (

    select
        ---------- ids
        {{ entity_id('order_item_source_id', 'order_items') }} as order_item_id,
        {{ entity_id('order_source_id', 'order_items') }} as order_id,
        identities.customer_id,
        products.product_id,
        ---------- text
        case when products.is_countable then 'item' else 'unstated' end as quantity_unit,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        order_items.quantity,
        case
            when products.is_countable
                then
                    cast(round(
                        cast(order_items.net_amount as double)
                        / nullif(cast(order_items.quantity as double), 0),
                        4
                    ) as decimal(18, 4))
        end as unit_price,
        order_items.net_amount,
        coalesce(order_items.retail_discount_amount, 0) as retail_discount_amount,
        coalesce(order_items.coupon_match_amount, 0) as coupon_match_amount,
        coalesce(order_items.coupon_discount_amount, 0) as coupon_discount_amount,
        ---------- booleans
        products.is_unknown as is_unknown_product,
        products.is_countable,
        order_items.quantity = 0 as is_zero_quantity,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        order_items.ordered_at
    from order_items_timed as order_items
    left join identities
        on
            order_items.source_system = identities.source_system
            and order_items.customer_source_id = identities.source_record_id
    left join products
        on
            order_items.source_system = products.source_system
            and order_items.product_source_id = products.product_source_id

)

select * from order_items_joined_to_products
