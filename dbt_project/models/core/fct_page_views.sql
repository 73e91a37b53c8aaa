with

page_views as (

    {{ current_version(
        ref('stg_page_views'), key=['page_view_source_id'], event_time='viewed_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

page_views_identified as (

    select
        page_views.source_system,
        page_views.page_view_source_id,
        page_views.product_source_id,
        page_views.anonymous_token,
        page_views.event_type,
        page_views.url,
        page_views.referrer,
        page_views.device_type,
        page_views.utm_source,
        page_views.utm_medium,
        page_views.utm_campaign,
        page_views.engaged_seconds,
        page_views.viewed_at,
        identities.customer_id,
        page_views.product_source_id is not null and coalesce(products.is_unknown, true)
            as is_unknown_product,
        coalesce(
            'device:' || page_views.anonymous_token,
            'customer:' || page_views.customer_source_id,
            'session:' || page_views.session_source_id,
            'view:' || page_views.page_view_source_id
        ) as visitor_id
    from page_views
    left join identities
        on
            page_views.source_system = identities.source_system
            and page_views.customer_source_id = identities.source_record_id
    left join products
        on
            page_views.source_system = products.source_system
            and page_views.product_source_id = products.product_source_id

),

-- A device that only one customer ever logged in from is taken for that customer's; one that two
-- people use stays nobody's where nobody is logged in.
devices_of_one_customer as (

    select
        source_system,
        visitor_id,
        cast(min(customer_id) as varchar) as customer_id
    from page_views_identified
    where anonymous_token is not null and customer_id is not null
    group by source_system, visitor_id
    having min(customer_id) = max(customer_id)

),

page_views_compared as (

    select
        *,
        cast(lag(viewed_at) over (
            partition by source_system, visitor_id
            order by viewed_at asc nulls last, page_view_source_id asc nulls last
        ) as timestamp) as viewed_before_at,
        cast(lead(viewed_at) over (
            partition by source_system, visitor_id
            order by viewed_at asc nulls last, page_view_source_id asc nulls last
        ) as timestamp) as viewed_next_at
    from page_views_identified

),

-- A visit ends when nothing happens for 30 minutes.
page_views_numbered as (

    select
        *,
        cast(sum(
            case
                when {{ seconds_between('viewed_before_at', 'viewed_at') }} <= 1800 then 0
                else 1
            end
        ) over (
            partition by source_system, visitor_id
            order by viewed_at asc nulls last, page_view_source_id asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as session_no
    from page_views_compared

),

-- A page that is open is not read for ever: its time ends with the next view of the visit, and
-- after 600 s at the latest.
page_views_described as (

    select
        ---------- ids
        {{ entity_id('page_view_source_id', 'seen') }} as page_view_id,
        cast(first_value({{ entity_id('page_view_source_id', 'seen') }}) over (
            partition by seen.source_system, seen.visitor_id, seen.session_no
            order by seen.viewed_at asc nulls last, seen.page_view_source_id asc nulls last
        ) as varchar) as session_id,
        coalesce(seen.customer_id, devices.customer_id) as customer_id,
        {{ entity_id('product_source_id', 'seen') }} as product_id,
        seen.anonymous_token as anonymous_id,
        ---------- text
        lower(coalesce(seen.event_type, 'view')) as event_type,
        {{ without_query('seen.url') }} as url,
        {{ without_query('seen.referrer') }} as referrer,
        seen.device_type,
        seen.utm_source,
        seen.utm_medium,
        seen.utm_campaign,
        ---------- numbers
        round(case
            when seen.engaged_seconds is null then cast(null as double)
            when {{ seconds_between('seen.viewed_at', 'seen.viewed_next_at') }} <= 600
                then
                    least(
                        seen.engaged_seconds,
                        {{ seconds_between('seen.viewed_at', 'seen.viewed_next_at') }}
                    )
            else least(seen.engaged_seconds, 600)
        end, 3) as engaged_time_s,
        ---------- booleans
        seen.customer_id is null and devices.customer_id is not null as is_stitched,
        seen.is_unknown_product,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        seen.viewed_at
    from page_views_numbered as seen
    left join devices_of_one_customer as devices
        on
            seen.source_system = devices.source_system
            and seen.visitor_id = devices.visitor_id

)

select * from page_views_described
