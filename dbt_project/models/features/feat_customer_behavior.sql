with

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null

),

categories as (

    select * from {{ ref('int_categories_ranked') }}

),

habits as (

    select * from {{ ref('int_order_habits_chosen') }}

),

-- Without any order on record the figures are unknown, not zero.
orders_recorded as (

    select cast(count(*) as bigint) > 0 as has_orders from orders

),

orders_summed_per_customer as (

    select
        customer_id,
        {% for days in [30, 90, 365] -%}
        cast(sum(case when ordered_at >= {{ days_before_as_of(days) }} then 1 else 0 end) as bigint)
            as orders_{{ days }}d,
        cast(sum(
            case when ordered_at >= {{ days_before_as_of(days) }} then net_amount else 0 end
        ) as decimal(18, 2)) as net_{{ days }}d,
        {% endfor -%}
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(gross_amount) as decimal(18, 2)) as gross_amount,
        cast(sum(count_items) as bigint) as count_items,
        cast(count(count_items) as bigint) as count_orders_with_lines
    from orders
    group by customer_id

),

customers_described as (

    select
        ---------- ids
        customers.customer_id,
        ---------- text
        categories.top_category,
        categories.top_category_90d,
        ---------- numbers
        {% for days in [30, 90, 365] -%}
        case
            when orders_recorded.has_orders
                then coalesce(orders_summed_per_customer.orders_{{ days }}d, 0)
        end as orders_{{ days }}d,
        case
            when orders_recorded.has_orders
                then cast(coalesce(orders_summed_per_customer.net_{{ days }}d, 0) as decimal(18, 2))
        end as net_{{ days }}d,
        {% endfor -%}
        case
            when orders_recorded.has_orders
                then coalesce(categories.distinct_categories_90d, 0)
        end as distinct_categories_90d,
        {{ share_of(
            'orders_summed_per_customer.count_items',
            'orders_summed_per_customer.count_orders_with_lines'
        ) }} as items_per_order,
        {{ share_of(
            'orders_summed_per_customer.discount_amount',
            'orders_summed_per_customer.gross_amount'
        ) }} as discount_share,
        habits.preferred_iso_weekday,
        habits.preferred_hour,
        cast(null as bigint) as sessions_7d,
        cast(null as bigint) as sessions_30d,
        cast(null as bigint) as sessions_90d,
        cast(null as bigint) as views_30d,
        cast(null as double) as engaged_time_s_30d,
        cast(null as double) as cart_rate_30d,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    cross join orders_recorded
    left join orders_summed_per_customer
        on customers.customer_id = orders_summed_per_customer.customer_id
    left join habits on customers.customer_id = habits.customer_id
    left join categories on customers.customer_id = categories.customer_id

)

select * from customers_described
