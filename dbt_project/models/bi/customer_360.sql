with

customers as (

    select * from {{ ref('dim_customers') }}

),

features as (

    select * from {{ ref('feat_customers_wide') }}

),

segments as (

    select * from {{ source('ml', 'segments') }}
    where segmentation = 'rfm'

),

segment_definitions as (

    select * from {{ source('ml', 'segment_definitions') }}

),

communities as (

    select * from {{ source('graph', 'communities') }}
    where layer = 'purchase_similarity'

),

scores as (

    select
        customer_id,
        cast(max(case when rule_id = 'customer_value' then score end) as double)
            as customer_value_score,
        cast(max(case when rule_id = 'communication' then score end) as double)
            as communication_score,
        cast(max(case when rule_id = 'loyalty' then score end) as double) as loyalty_score,
        cast(max(case when rule_id = 'drifting' then score end) as double) as drifting_score
    from {{ source('strategy', 'rules_fired') }}
    where kind = 'score'
    group by customer_id

),

actions as (

    select * from {{ source('strategy', 'actions') }}

),

reasons as (

    select * from {{ source('strategy', 'action_reasons') }}
    where rank = 1

),

actions_ranked as (

    select
        customer_id,
        strategy_action_id,
        channel_id,
        content_id,
        scheduled_at,
        score,
        evidence,
        cast(row_number() over (
            partition by customer_id
            order by priority asc nulls last, strategy_action_id asc nulls last
        ) as bigint) as action_rank
    from actions

),

customers_seen_from_all_sides as (

    select
        ---------- ids
        customers.customer_id,
        segments.segment_id,
        features.community_id,
        actions_ranked.strategy_action_id as next_action_id,
        ---------- text
        customers.customer_type,
        segment_definitions.segment_name,
        segment_definitions.segment_name_zh,
        features.rfm_cell,
        features.top_category,
        features.top_category_90d,
        communities.label_terms as community_terms,
        actions_ranked.channel_id as next_channel_id,
        actions_ranked.content_id as next_content_id,
        reasons.text_en as next_reason_en,
        reasons.text_zh as next_reason_zh,
        actions_ranked.evidence as next_evidence,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        features.recency_days,
        features.frequency,
        features.monetary_value,
        features.net_revenue_total,
        features.net_90d,
        features.orders_90d,
        features.customer_age_days,
        features.avg_order_gap_days,
        features.discount_share,
        features.preferred_iso_weekday,
        features.preferred_hour,
        features.contacts_30d,
        features.last_contact_days,
        features.response_share,
        features.redemptions_365d,
        features.degree,
        features.pagerank,
        features.influence_value,
        features.neighbor_churn_rate_90d,
        scores.customer_value_score,
        scores.communication_score,
        scores.loyalty_score,
        scores.drifting_score,
        actions_ranked.score as next_score,
        ---------- booleans
        customers.is_active,
        customers.is_synthetic,
        ---------- dates
        customers.as_of_date,
        ---------- timestamps
        customers.first_seen_at,
        customers.last_seen_at,
        customers.first_order_at,
        actions_ranked.scheduled_at as next_action_at
    from customers
    inner join features on customers.customer_id = features.customer_id
    left join segments on customers.customer_id = segments.customer_id
    left join segment_definitions on segments.segment_id = segment_definitions.segment_id
    left join scores on customers.customer_id = scores.customer_id
    left join communities on features.community_id = communities.community_id
    left join actions_ranked
        on
            customers.customer_id = actions_ranked.customer_id
            and actions_ranked.action_rank = 1
    left join reasons on actions_ranked.strategy_action_id = reasons.strategy_action_id

)

select * from customers_seen_from_all_sides
