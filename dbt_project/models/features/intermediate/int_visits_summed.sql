with

sessions as (

    select * from {{ ref('fct_sessions') }}
    where customer_id is not null

),

page_views as (

    select * from {{ ref('fct_page_views') }}
    where customer_id is not null

),

-- Where no source records carts, the share of visits that filled one is unknown, not zero.
carts_recorded as (

    select cast(max(case when has_cart then 1 else 0 end) as integer) = 1 as has_carts
    from sessions

),

sessions_summed_per_customer as (

    select
        customer_id,
        {{ count_of_last_days(7, 'started_at') }} as sessions_7d,
        {{ count_of_last_days(30, 'started_at') }} as sessions_30d,
        {{ count_of_last_days(90, 'started_at') }} as sessions_90d,
        cast(sum(
            case when has_cart and started_at >= {{ days_before_as_of(30) }} then 1 else 0 end
        ) as bigint) as sessions_with_cart_30d
    from sessions
    group by customer_id

),

views_summed_per_customer as (

    select
        customer_id,
        {{ count_of_last_days(30, 'viewed_at') }} as views_30d,
        cast(sum(
            case
                when viewed_at >= {{ days_before_as_of(30) }}
                    then cast(engaged_time_s as decimal(18, 3))
            end
        ) as double) as engaged_time_s_30d,
        cast(count(engaged_time_s) as bigint) > 0 as is_timed
    from page_views
    group by customer_id

),

-- A view may have a customer whose visit has none: two people on one device.
visits_summed as (

    select
        views.customer_id,
        coalesce(sessions.sessions_7d, 0) as sessions_7d,
        coalesce(sessions.sessions_30d, 0) as sessions_30d,
        coalesce(sessions.sessions_90d, 0) as sessions_90d,
        views.views_30d,
        case when views.is_timed then coalesce(views.engaged_time_s_30d, 0) end
            as engaged_time_s_30d,
        case
            when carts_recorded.has_carts
                then {{ share_of('sessions.sessions_with_cart_30d', 'sessions.sessions_30d') }}
        end as cart_rate_30d
    from views_summed_per_customer as views
    cross join carts_recorded
    left join sessions_summed_per_customer as sessions
        on views.customer_id = sessions.customer_id

)

select * from visits_summed
