-- The funnel holds every visit once, with its views and its seconds.
with

told as (

    select
        cast(coalesce(sum(n_sessions), 0) as bigint) as n_sessions,
        cast(coalesce(sum(n_views), 0) as bigint) as n_views
    from {{ ref('feat_session_funnel') }}

),

seen as (

    select
        cast(count(*) as bigint) as n_sessions,
        cast(coalesce(sum(views), 0) as bigint) as n_views
    from {{ ref('fct_sessions') }}

)

select told.n_sessions
from told
cross join seen
where told.n_sessions <> seen.n_sessions or told.n_views <> seen.n_views
