with

sessions as (

    select
        *,
        cast(date_trunc('month', {{ to_local('started_at') }}) as date) as month_start
    from {{ ref('fct_sessions') }}

),

page_views as (

    select * from {{ ref('fct_page_views') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null

),

views_summed_per_session as (

    select
        session_id,
        cast(max(case when product_id is not null then 1 else 0 end) as integer) = 1 as has_product,
        cast(max(case when event_type in ('checkout', 'purchase') then 1 else 0 end) as integer) = 1
            as has_checkout,
        cast(max(case when event_type = 'purchase' then 1 else 0 end) as integer) = 1
            as has_purchase
    from page_views
    group by session_id

),

-- The customer's order within a day after a visit is taken for what the visit led to.
sessions_ordered as (

    select sessions.session_id
    from sessions
    inner join orders
        on
            sessions.customer_id = orders.customer_id
            and sessions.started_at <= orders.ordered_at
            and {{ add_days('sessions.ended_at', '1') }} > orders.ordered_at
    group by sessions.session_id

),

-- Who got to a step went through those before it, seen or not.
sessions_stepped as (

    select
        sessions.session_id,
        sessions.customer_id,
        sessions.month_start,
        sessions.default_channel_group,
        sessions.views,
        sessions.engaged_time_s,
        views.has_purchase or sessions_ordered.session_id is not null as has_order,
        views.has_checkout or sessions_ordered.session_id is not null as has_checkout,
        sessions.has_cart or sessions_ordered.session_id is not null as has_cart,
        views.has_product or sessions.has_cart or sessions_ordered.session_id is not null
            as has_product
    from sessions
    inner join views_summed_per_session as views on sessions.session_id = views.session_id
    left join sessions_ordered on sessions.session_id = sessions_ordered.session_id

),

-- A step that no source records is unknown, not zero.
steps_recorded as (

    select
        cast(max(case when views.has_product then 1 else 0 end) as integer) = 1 as has_products,
        cast(max(case when sessions.has_cart then 1 else 0 end) as integer) = 1 as has_carts,
        cast(max(case when views.has_checkout then 1 else 0 end) as integer) = 1 as has_checkouts
    from sessions
    inner join views_summed_per_session as views on sessions.session_id = views.session_id

),

steps_counted as (

    select
        month_start,
        default_channel_group,
        cast(count(*) as bigint) as n_sessions,
        cast(count(distinct customer_id) as bigint) as n_customers,
        cast(sum(views) as bigint) as n_views,
        cast(sum(cast(engaged_time_s as decimal(18, 3))) as double) as engaged_time_s,
        cast(sum(case when has_product then 1 else 0 end) as bigint) as n_with_product,
        cast(sum(case when has_cart then 1 else 0 end) as bigint) as n_with_cart,
        cast(sum(case when has_checkout then 1 else 0 end) as bigint) as n_with_checkout,
        cast(sum(case when has_order then 1 else 0 end) as bigint) as n_with_order
    from sessions_stepped
    group by month_start, default_channel_group

),

funnel_described as (

    select
        ---------- text
        counted.default_channel_group,
        ---------- numbers
        counted.n_sessions,
        counted.n_customers,
        counted.n_views,
        counted.engaged_time_s,
        case when recorded.has_products then counted.n_with_product end as n_with_product,
        case when recorded.has_carts then counted.n_with_cart end as n_with_cart,
        case when recorded.has_checkouts then counted.n_with_checkout end as n_with_checkout,
        counted.n_with_order,
        case
            when recorded.has_products
                then {{ share_of('counted.n_with_product', 'counted.n_sessions') }}
        end as product_rate,
        case
            when recorded.has_carts
                then {{ share_of('counted.n_with_cart', 'counted.n_sessions') }}
        end as cart_rate,
        case
            when recorded.has_checkouts
                then {{ share_of('counted.n_with_checkout', 'counted.n_sessions') }}
        end as checkout_rate,
        {{ share_of('counted.n_with_order', 'counted.n_sessions') }} as order_rate,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        counted.month_start,
        {{ as_of_date() }} as as_of_date
    from steps_counted as counted
    cross join steps_recorded as recorded

)

select * from funnel_described
