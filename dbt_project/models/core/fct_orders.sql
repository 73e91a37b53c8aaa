with

orders as (

    select * from {{ ref('int_orders_dated') }}
    {{ where_key_changed(entity_id('order_source_id')) }}

),

orders_placed as (

    select * from orders
    where not is_ahead

),

identities as (

    select * from {{ source('identity', 'records') }}

),

order_items as (

    select * from {{ ref('fct_order_items') }}
    {{ where_key_changed('order_id') }}

),

-- A line below zero is a return. What a maker's coupon pays reaches the seller, so it is no
-- discount of the seller's.
order_items_summed_per_order as (

    select
        order_id,
        cast(count(*) as bigint) as count_lines,
        cast(sum(case when is_countable then quantity else 0 end) as bigint) as count_items,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount,
        cast(sum(case when net_amount < 0 then -net_amount else 0 end) as decimal(18, 2))
            as return_amount,
        cast(sum(retail_discount_amount + coupon_match_amount) as decimal(18, 2))
            as discount_amount,
        cast(sum(coupon_discount_amount) as decimal(18, 2)) as coupon_discount_amount
    from order_items
    group by order_id

),

orders_identified as (

    select
        ---------- ids
        {{ entity_id('order_source_id', 'orders_placed') }} as order_id,
        identities.customer_id,
        ---------- text
        orders_placed.status,
        orders_placed.channel,
        orders_placed.store_id,
        orders_placed.ordered_at_rule,
        ---------- dates
        orders_placed.promised_on,
        case
            when orders_placed.delivered_on < {{ as_of_date() }} then orders_placed.delivered_on
        end as delivered_on,
        ---------- timestamps
        orders_placed.ordered_at,
        {{ before_as_of('orders_placed.paid_at') }} as paid_at,
        {{ before_as_of('orders_placed.shipped_at') }} as shipped_at
    from orders_placed
    left join identities
        on
            orders_placed.source_system = identities.source_system
            and orders_placed.customer_source_id = identities.source_record_id

),

orders_joined_to_totals as (

    select
        ---------- ids
        orders_identified.order_id,
        orders_identified.customer_id,
        orders_identified.store_id,
        ---------- text
        orders_identified.status,
        orders_identified.channel,
        orders_identified.ordered_at_rule,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        coalesce(order_items_summed_per_order.count_lines, 0) as count_lines,
        order_items_summed_per_order.count_items,
        cast(
            order_items_summed_per_order.net_amount
            + order_items_summed_per_order.discount_amount
            + order_items_summed_per_order.return_amount
            as decimal(18, 2)
        ) as gross_amount,
        order_items_summed_per_order.discount_amount,
        order_items_summed_per_order.return_amount,
        order_items_summed_per_order.net_amount,
        order_items_summed_per_order.coupon_discount_amount,
        ---------- booleans
        orders_identified.delivered_on > orders_identified.promised_on as is_late,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        orders_identified.promised_on,
        orders_identified.delivered_on,
        ---------- timestamps
        orders_identified.ordered_at,
        orders_identified.paid_at,
        orders_identified.shipped_at
    from orders_identified
    left join order_items_summed_per_order
        on orders_identified.order_id = order_items_summed_per_order.order_id

)

select * from orders_joined_to_totals
