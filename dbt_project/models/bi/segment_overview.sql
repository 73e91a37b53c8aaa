with

segments as (

    select * from {{ source('ml', 'segments') }}

),

segment_definitions as (

    select * from {{ source('ml', 'segment_definitions') }}

),

segment_profiles as (

    select * from {{ source('ml', 'segment_profiles') }}

),

features as (

    select * from {{ ref('feat_customers_wide') }}

),

terms as (

    select
        segment_id,
        cast(max(top_terms) as varchar) as top_terms
    from segment_profiles
    group by segment_id

),

customers_summed_per_segment as (

    select
        segments.segmentation,
        segments.segment_id,
        cast(count(*) as bigint) as n_customers,
        cast(sum(coalesce(features.net_revenue_total, 0)) as decimal(18, 2)) as net_revenue_total,
        cast(sum(features.net_90d) as decimal(18, 2)) as net_90d,
        cast(sum(features.recency_days) as bigint) as recency_days,
        cast(sum(features.frequency) as bigint) as frequency,
        cast(count(features.frequency) as bigint) as n_customers_with_orders
    from segments
    inner join features on segments.customer_id = features.customer_id
    group by segments.segmentation, segments.segment_id

),

totals as (

    select
        segmentation,
        cast(sum(n_customers) as bigint) as n_customers,
        cast(sum(net_revenue_total) as decimal(18, 2)) as net_revenue_total
    from customers_summed_per_segment
    group by segmentation

),

segments_described as (

    select
        ---------- ids
        customers_summed_per_segment.segment_id,
        ---------- text
        customers_summed_per_segment.segmentation,
        segment_definitions.segment_name,
        segment_definitions.segment_name_zh,
        segment_definitions.definition,
        terms.top_terms,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        customers_summed_per_segment.n_customers,
        {{ share_of('customers_summed_per_segment.n_customers', 'totals.n_customers') }}
            as customer_share,
        customers_summed_per_segment.net_revenue_total,
        {{ share_of(
            'customers_summed_per_segment.net_revenue_total', 'totals.net_revenue_total'
        ) }} as revenue_share,
        customers_summed_per_segment.net_90d,
        {{ share_of(
            'customers_summed_per_segment.recency_days',
            'customers_summed_per_segment.n_customers_with_orders'
        ) }} as avg_recency_days,
        {{ share_of(
            'customers_summed_per_segment.frequency',
            'customers_summed_per_segment.n_customers_with_orders'
        ) }} as avg_frequency,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers_summed_per_segment
    inner join totals on customers_summed_per_segment.segmentation = totals.segmentation
    left join segment_definitions
        on customers_summed_per_segment.segment_id = segment_definitions.segment_id
    left join terms on customers_summed_per_segment.segment_id = terms.segment_id

)

select * from segments_described
