with

page_views as (

    select * from {{ ref('fct_page_views') }}

),

views_summed_per_session as (

    select
        session_id,
        cast(min(customer_id) as varchar) as customer_id,
        cast(count(distinct customer_id) as bigint) as count_customers,
        cast(count(*) as bigint) as views,
        cast(sum(cast(engaged_time_s as decimal(18, 3))) as double) as engaged_time_s,
        cast(max(case
            when event_type in ('add_to_cart', 'checkout', 'purchase') then 1
            else 0
        end) as integer) as has_cart,
        cast(min(viewed_at) as timestamp) as started_at,
        cast(max(viewed_at) as timestamp) as ended_at
    from page_views
    group by session_id

),

-- The visit came from where its first view came from. If two customers share it, it is nobody's.
sessions_described as (

    select
        ---------- ids
        sessions.session_id,
        case when sessions.count_customers = 1 then sessions.customer_id end as customer_id,
        first_views.anonymous_id,
        ---------- text
        {{ default_channel_group(
            'first_views.utm_source', 'first_views.utm_medium', 'first_views.referrer'
        ) }} as default_channel_group,
        first_views.utm_source,
        first_views.utm_medium,
        first_views.utm_campaign,
        first_views.url as landing_url,
        first_views.device_type,
        ---------- numbers
        sessions.views,
        sessions.engaged_time_s,
        ---------- booleans
        sessions.has_cart = 1 as has_cart,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        sessions.started_at,
        sessions.ended_at
    from views_summed_per_session as sessions
    inner join page_views as first_views
        on sessions.session_id = first_views.page_view_id

)

select * from sessions_described
