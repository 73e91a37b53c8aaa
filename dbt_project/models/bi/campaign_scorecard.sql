with

responses as (

    select * from {{ source('evaluation', 'campaign_response') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

campaigns_scored as (

    select
        ---------- ids
        responses.campaign_id,
        ---------- text
        campaigns.name,
        campaigns.campaign_type,
        responses.evidence,
        responses.label,
        responses.label_zh,
        ---------- numbers
        responses.n_contacted,
        responses.n_responded,
        responses.response_rate,
        responses.ci_low,
        responses.ci_high,
        responses.n_contacted_with_orders,
        responses.n_not_contacted,
        responses.n_not_contacted_with_orders,
        ---------- booleans
        campaigns.is_randomized,
        campaigns.end_date < {{ as_of_date() }} as is_over,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        campaigns.start_date,
        campaigns.end_date,
        {{ as_of_date() }} as as_of_date
    from responses
    inner join campaigns on responses.campaign_id = campaigns.campaign_id

)

select * from campaigns_scored
