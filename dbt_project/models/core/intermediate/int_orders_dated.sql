-- The moment an order was placed: as the source gives it, else recovered where bounds allow it.
with

orders as (

    {{ current_version(ref('stg_orders'), key=['order_source_id'], event_time='ordered_at') }}

),

recovered as (

    select * from {{ ref('int_orders_recovered') }}

),

-- An order that is known only by a payment of tomorrow is not known today.
dated as (

    select
        orders.source_system,
        orders.order_source_id,
        orders.customer_source_id,
        orders.store_id,
        orders.status,
        orders.channel,
        orders.paid_at,
        orders.shipped_at,
        orders.promised_on,
        orders.delivered_on,
        recovered.ordered_at_rule,
        coalesce(orders.ordered_at, recovered.ordered_at) as ordered_at,
        coalesce(coalesce(recovered.ordered_at, recovered.before_at) >= {{ as_of_at() }}, false)
            as is_ahead
    from orders
    left join recovered
        on
            orders.source_system = recovered.source_system
            and orders.order_source_id = recovered.order_source_id

)

select * from dated
