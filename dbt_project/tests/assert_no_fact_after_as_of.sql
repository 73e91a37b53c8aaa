-- One row from the as-of date or later would let the future into every feature and score.
with

latest as (

    select
        'fct_order_items' as table_name,
        cast(max(ordered_at) as timestamp) as latest_at
    from {{ ref('fct_order_items') }}
    union all
    select
        'fct_orders' as table_name,
        cast(max(ordered_at) as timestamp) as latest_at
    from {{ ref('fct_orders') }}
    union all
    select
        'fct_contacts' as table_name,
        cast(max(sent_at) as timestamp) as latest_at
    from {{ ref('fct_contacts') }}
    union all
    select
        'fct_contacts' as table_name,
        cast(max(converted_at) as timestamp) as latest_at
    from {{ ref('fct_contacts') }}
    union all
    select
        'fct_redemptions' as table_name,
        cast(max(redeemed_at) as timestamp) as latest_at
    from {{ ref('fct_redemptions') }}
    union all
    select
        'dim_campaigns' as table_name,
        {{ local_midnight('cast(max(start_date) as date)') }} as latest_at
    from {{ ref('dim_campaigns') }}
    union all
    select
        'dim_products' as table_name,
        cast(max(last_sold_at) as timestamp) as latest_at
    from {{ ref('dim_products') }}
    union all
    select
        'dim_customers' as table_name,
        cast(max(last_seen_at) as timestamp) as latest_at
    from {{ ref('dim_customers') }}
    union all
    select
        'dim_customers' as table_name,
        cast(max(first_seen_at) as timestamp) as latest_at
    from {{ ref('dim_customers') }}
    union all
    select
        'dim_customers_history' as table_name,
        cast(max(known_from) as timestamp) as latest_at
    from {{ ref('dim_customers_history') }}

)

select table_name
from latest
where latest_at >= {{ as_of_at() }}
