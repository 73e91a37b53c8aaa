with

customers as (

    select * from {{ ref('dim_customers') }}

),

metrics as (

    select * from {{ source('graph', 'node_metrics') }}
    where layer = 'purchase_similarity'

),

members as (

    select * from {{ source('graph', 'community_members') }}
    where layer = 'purchase_similarity'

),

edges as (

    select * from {{ source('graph', 'edges') }}
    where edge_type = 'purchase_similarity'

),

influences as (

    select * from {{ source('graph', 'customer_influence') }}

),

rfm as (

    select * from {{ ref('feat_customer_rfm') }}

),

behavior as (

    select * from {{ ref('feat_customer_behavior') }}

),

-- An undirected tie stands once; each of its ends is a neighbour of the other.
neighbors as (

    select
        src_id as customer_id,
        dst_id as neighbor_id
    from edges
    union all
    select
        dst_id as customer_id,
        src_id as neighbor_id
    from edges

),

neighbors_summed_per_customer as (

    select
        neighbors.customer_id,
        cast(count(*) as bigint) as count_neighbors,
        cast(sum(case when rfm.recency_days > 90 then 1 else 0 end) as bigint)
            as count_lapsed_neighbors,
        cast(sum(behavior.net_90d) as decimal(18, 2)) as net_90d
    from neighbors
    inner join rfm on neighbors.neighbor_id = rfm.customer_id
    inner join behavior on neighbors.neighbor_id = behavior.customer_id
    group by neighbors.customer_id

),

customers_placed as (

    select
        ---------- ids
        customers.customer_id,
        members.community_id,
        ---------- numbers
        metrics.degree,
        metrics.degree_in,
        metrics.degree_out,
        metrics.strength_in,
        metrics.strength_out,
        metrics.betweenness,
        metrics.harmonic as closeness_harmonic,
        metrics.pagerank,
        metrics.core_number,
        metrics.clustering,
        {{ share_of(
            'neighbors_summed_per_customer.count_lapsed_neighbors',
            'neighbors_summed_per_customer.count_neighbors'
        ) }} as neighbor_churn_rate_90d,
        cast(round(
            cast(neighbors_summed_per_customer.net_90d as double)
            / nullif(cast(neighbors_summed_per_customer.count_neighbors as double), 0),
            2
        ) as decimal(18, 2)) as neighbor_revenue_90d,
        influences.influence_value,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    left join metrics on customers.customer_id = metrics.node_id
    left join members on customers.customer_id = members.node_id
    left join influences on customers.customer_id = influences.customer_id
    left join neighbors_summed_per_customer
        on customers.customer_id = neighbors_summed_per_customer.customer_id

)

select * from customers_placed
