with

customers as (

    select * from {{ ref('dim_customers') }}

),

rfm as (

    select * from {{ ref('feat_customer_rfm') }}

),

behavior as (

    select * from {{ ref('feat_customer_behavior') }}

),

engagement as (

    select * from {{ ref('feat_customer_engagement') }}

),

voice as (

    select * from {{ ref('feat_customer_voice') }}

),

graph as (

    select * from {{ ref('feat_customer_graph') }}

),

features_joined as (

    select
        ---------- ids
        customers.customer_id,
        graph.community_id,
        ---------- text
        rfm.rfm_cell,
        rfm.rfm_segment,
        behavior.top_category,
        behavior.top_category_90d,
        engagement.channel_preference,
        voice.complaint_topics_top1,
        {{ feature_set_version() }} as feature_set_version,
        ---------- numbers
        rfm.recency_days,
        rfm.frequency,
        rfm.monetary_value,
        rfm.net_revenue_total,
        rfm.customer_age_days,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.avg_order_gap_days,
        behavior.orders_30d,
        behavior.net_30d,
        behavior.orders_90d,
        behavior.net_90d,
        behavior.orders_365d,
        behavior.net_365d,
        behavior.distinct_categories_90d,
        behavior.items_per_order,
        behavior.discount_share,
        behavior.return_share,
        behavior.preferred_iso_weekday,
        behavior.preferred_hour,
        behavior.sessions_7d,
        behavior.sessions_30d,
        behavior.sessions_90d,
        behavior.views_30d,
        behavior.engaged_time_s_30d,
        behavior.cart_rate_30d,
        engagement.contacts_30d,
        engagement.last_contact_days,
        engagement.redemptions_90d,
        engagement.redemptions_365d,
        engagement.response_share,
        engagement.open_rate_90d,
        engagement.click_rate_90d,
        engagement.csat_last,
        engagement.nps_last,
        engagement.csat_avg_365d,
        voice.reviews_n,
        voice.avg_score,
        voice.low_score_share,
        voice.messages_90d,
        voice.complaints_90d,
        voice.open_issues,
        voice.overdue_issues,
        voice.sentiment_90d,
        voice.satisfaction_proxy,
        voice.response_hours_365d,
        graph.degree,
        graph.degree_in,
        graph.degree_out,
        graph.strength_in,
        graph.strength_out,
        graph.betweenness,
        graph.closeness_harmonic,
        graph.pagerank,
        graph.core_number,
        graph.clustering,
        graph.neighbor_churn_rate_90d,
        graph.neighbor_revenue_90d,
        graph.influence_value,
        ---------- booleans
        engagement.consent_email,
        engagement.consent_sms,
        engagement.consent_social,
        engagement.consent_phone,
        engagement.consent_mail,
        customers.is_synthetic,
        ---------- dates
        customers.as_of_date
    from customers
    inner join rfm on customers.customer_id = rfm.customer_id
    inner join behavior on customers.customer_id = behavior.customer_id
    inner join engagement on customers.customer_id = engagement.customer_id
    inner join voice on customers.customer_id = voice.customer_id
    inner join graph on customers.customer_id = graph.customer_id

)

select * from features_joined
