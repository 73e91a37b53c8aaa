with

customers as (

    select * from {{ ref('dim_customers') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null

),

orders_summed_per_customer as (

    select
        customer_id,
        cast(count(*) as bigint) as frequency,
        cast(sum(coalesce(net_amount, 0)) as decimal(18, 2)) as net_revenue_total,
        cast(min({{ to_local('ordered_at') }}) as date) as first_order_date,
        cast(max({{ to_local('ordered_at') }}) as date) as last_order_date
    from orders
    group by customer_id

),

measures as (

    select
        customer_id,
        frequency,
        net_revenue_total,
        {{ days_between('last_order_date', as_of_date()) }} as recency_days,
        {{ days_between('first_order_date', as_of_date()) }} as customer_age_days,
        {{ days_between('first_order_date', 'last_order_date') }} as active_span_days
    from orders_summed_per_customer

),

-- Cut points are values of the data, so equal customers always get equal scores.
cut_points as (

    select
        cast({{ percentile('recency_days', 0.2) }} as bigint) as recency_days_p20,
        cast({{ percentile('recency_days', 0.4) }} as bigint) as recency_days_p40,
        cast({{ percentile('recency_days', 0.6) }} as bigint) as recency_days_p60,
        cast({{ percentile('recency_days', 0.8) }} as bigint) as recency_days_p80,
        cast({{ percentile('frequency', 0.2) }} as bigint) as frequency_p20,
        cast({{ percentile('frequency', 0.4) }} as bigint) as frequency_p40,
        cast({{ percentile('frequency', 0.6) }} as bigint) as frequency_p60,
        cast({{ percentile('frequency', 0.8) }} as bigint) as frequency_p80,
        cast({{ percentile('net_revenue_total', 0.2) }} as decimal(18, 2)) as net_revenue_total_p20,
        cast({{ percentile('net_revenue_total', 0.4) }} as decimal(18, 2)) as net_revenue_total_p40,
        cast({{ percentile('net_revenue_total', 0.6) }} as decimal(18, 2)) as net_revenue_total_p60,
        cast({{ percentile('net_revenue_total', 0.8) }} as decimal(18, 2)) as net_revenue_total_p80
    from measures

),

scores as (

    select
        measures.customer_id,
        {{ score_of('recency_days', is_small_good=true) }} as r_score,
        {{ score_of('frequency') }} as f_score,
        {{ score_of('net_revenue_total') }} as m_score
    from measures
    cross join cut_points

),

customers_scored as (

    select
        ---------- ids
        customers.customer_id,
        ---------- text
        cast(scores.r_score as varchar)
        || cast(scores.f_score as varchar)
        || cast(scores.m_score as varchar) as rfm_cell,
        case
            when scores.r_score is null then 'no_orders'
            when scores.r_score >= 4 and scores.f_score >= 4 and scores.m_score >= 4
                then 'champions'
            when scores.r_score >= 3 and scores.f_score >= 4 then 'loyal'
            when scores.r_score >= 3 and measures.customer_age_days <= 90 then 'new'
            when scores.r_score >= 4 and scores.f_score >= 2 then 'potential_loyal'
            when scores.r_score >= 4 then 'promising'
            when scores.r_score = 3 and scores.f_score >= 2 then 'need_attention'
            when scores.r_score = 3 then 'about_to_sleep'
            when scores.f_score >= 4 and scores.m_score >= 4 then 'cannot_lose'
            when scores.f_score >= 3 then 'at_risk'
            when scores.r_score = 2 then 'hibernating'
            else 'lost'
        end as rfm_segment,
        ---------- numbers
        measures.recency_days,
        measures.frequency,
        cast(round(
            cast(measures.net_revenue_total as double)
            / nullif(cast(measures.frequency as double), 0),
            2
        ) as decimal(18, 2)) as monetary_value,
        measures.net_revenue_total,
        measures.customer_age_days,
        scores.r_score,
        scores.f_score,
        scores.m_score,
        {{ share_of('measures.active_span_days', 'measures.frequency - 1') }} as avg_order_gap_days,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    left join measures on customers.customer_id = measures.customer_id
    left join scores on customers.customer_id = scores.customer_id

)

select * from customers_scored
