with

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null

),

categories as (

    select * from {{ ref('int_categories_ranked') }}

),

habits as (

    select * from {{ ref('int_order_habits_chosen') }}

),

visits as (

    select * from {{ ref('int_visits_summed') }}

),

-- Without any order on record the figures are unknown, not zero.
orders_recorded as (

    select cast(count(*) as bigint) > 0 as has_orders from orders

),

visits_recorded as (

    select cast(count(*) as bigint) > 0 as has_visits from visits

),

totals as (

    select
        customer_id,
        {{ count_of_last_days(30, 'ordered_at') }} as orders_30d,
        {{ count_of_last_days(90, 'ordered_at') }} as orders_90d,
        {{ count_of_last_days(365, 'ordered_at') }} as orders_365d,
        {{ amount_of_last_days(30, 'ordered_at', 'net_amount') }} as net_30d,
        {{ amount_of_last_days(90, 'ordered_at', 'net_amount') }} as net_90d,
        {{ amount_of_last_days(365, 'ordered_at', 'net_amount') }} as net_365d,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount,
        cast(sum(return_amount) as decimal(18, 2)) as return_amount,
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
        case when orders_recorded.has_orders then coalesce(totals.orders_30d, 0) end as orders_30d,
        case when orders_recorded.has_orders then coalesce(totals.net_30d, 0) end as net_30d,
        case when orders_recorded.has_orders then coalesce(totals.orders_90d, 0) end as orders_90d,
        case when orders_recorded.has_orders then coalesce(totals.net_90d, 0) end as net_90d,
        case when orders_recorded.has_orders then coalesce(totals.orders_365d, 0) end
            as orders_365d,
        case when orders_recorded.has_orders then coalesce(totals.net_365d, 0) end as net_365d,
        case
            when orders_recorded.has_orders then coalesce(categories.distinct_categories_90d, 0)
        end as distinct_categories_90d,
        {{ share_of('totals.count_items', 'totals.count_orders_with_lines') }} as items_per_order,
        {{ share_of('totals.discount_amount', 'totals.gross_amount') }} as discount_share,
        {{ share_of('totals.return_amount', 'totals.gross_amount') }} as return_share,
        habits.preferred_iso_weekday,
        habits.preferred_hour,
        case when visits_recorded.has_visits then coalesce(visits.sessions_7d, 0) end
            as sessions_7d,
        case when visits_recorded.has_visits then coalesce(visits.sessions_30d, 0) end
            as sessions_30d,
        case when visits_recorded.has_visits then coalesce(visits.sessions_90d, 0) end
            as sessions_90d,
        case when visits_recorded.has_visits then coalesce(visits.views_30d, 0) end as views_30d,
        case
            when visits_recorded.has_visits and visits.customer_id is null then cast(0 as double)
            else visits.engaged_time_s_30d
        end as engaged_time_s_30d,
        visits.cart_rate_30d,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    cross join orders_recorded
    cross join visits_recorded
    left join totals on customers.customer_id = totals.customer_id
    left join habits on customers.customer_id = habits.customer_id
    left join categories on customers.customer_id = categories.customer_id
    left join visits on customers.customer_id = visits.customer_id

)

select * from customers_described
