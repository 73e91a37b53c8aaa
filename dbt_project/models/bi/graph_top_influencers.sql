with

features as (

    select * from {{ ref('feat_customers_wide') }}

),

customers_most_connected as (

    select
        customer_id,
        community_id,
        rfm_segment,
        degree,
        pagerank,
        betweenness,
        core_number,
        influence_value,
        neighbor_revenue_90d,
        net_revenue_total,
        is_synthetic,
        as_of_date
    from features
    where degree > 0
    order by pagerank desc nulls last, customer_id asc nulls last
    limit 100

),

customers_ranked as (

    select
        ---------- ids
        customer_id,
        community_id,
        ---------- text
        rfm_segment,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        cast(row_number() over ( -- portable-ok: 100 rows
            order by pagerank desc nulls last, customer_id asc nulls last
        ) as integer) as connectedness_rank,
        degree,
        pagerank,
        betweenness,
        core_number,
        influence_value,
        neighbor_revenue_90d,
        net_revenue_total,
        ---------- booleans
        is_synthetic,
        ---------- dates
        as_of_date
    from customers_most_connected

)

select * from customers_ranked
