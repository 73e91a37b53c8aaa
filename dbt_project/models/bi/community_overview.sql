with

communities as (

    select * from {{ source('graph', 'communities') }}
    where layer = 'purchase_similarity'

),

features as (

    select * from {{ ref('feat_customers_wide') }}

),

customers_summed_per_community as (

    select
        community_id,
        cast(count(*) as bigint) as n_customers,
        cast(sum(coalesce(net_revenue_total, 0)) as decimal(18, 2)) as net_revenue_total,
        cast(sum(net_90d) as decimal(18, 2)) as net_90d,
        cast(sum(case when recency_days > 90 then 1 else 0 end) as bigint) as n_lapsed,
        cast(sum(case when rfm_segment = 'champions' then 1 else 0 end) as bigint) as n_champions
    from features
    where community_id is not null
    group by community_id

),

communities_described as (

    select
        ---------- ids
        communities.community_id,
        communities.previous_community_id,
        ---------- text
        communities.label_terms,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        communities.size as n_customers,
        communities.internal_edge_share,
        communities.overlap,
        customers_summed_per_community.net_revenue_total,
        customers_summed_per_community.net_90d,
        {{ share_of(
            'customers_summed_per_community.n_lapsed',
            'customers_summed_per_community.n_customers'
        ) }} as lapsed_share,
        {{ share_of(
            'customers_summed_per_community.n_champions',
            'customers_summed_per_community.n_customers'
        ) }} as champions_share,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from communities
    left join customers_summed_per_community
        on communities.community_id = customers_summed_per_community.community_id

)

select * from communities_described
