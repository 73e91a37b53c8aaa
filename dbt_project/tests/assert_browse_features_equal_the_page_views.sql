-- What customers are said to have seen is what the page views say, not one view more or less.
with

told as (

    select
        cast(coalesce(sum(views_30d), 0) as bigint) as n_views,
        cast(coalesce(sum(cast(engaged_time_s_30d as decimal(18, 3))), 0) as decimal(18, 3))
            as engaged_time_s
    from {{ ref('feat_customer_behavior') }}

),

seen as (

    select
        cast(count(*) as bigint) as n_views,
        cast(coalesce(sum(cast(engaged_time_s as decimal(18, 3))), 0) as decimal(18, 3))
            as engaged_time_s
    from {{ ref('fct_page_views') }}
    where customer_id is not null and viewed_at >= {{ days_before_as_of(30) }}

)

select
    told.n_views,
    seen.n_views as n_views_seen
from told
cross join seen
where told.n_views <> seen.n_views or told.engaged_time_s <> seen.engaged_time_s
