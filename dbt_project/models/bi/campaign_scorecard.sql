with

responses as (

    select * from {{ source('evaluation', 'campaign_response') }}

),

results as (

    select * from {{ source('evaluation', 'strategy_results') }}

),

campaigns as (

    select * from {{ source('evaluation', 'campaigns') }}

),

-- One figure stands for a campaign: of its value, or else of what the source declares, the total
-- effect or else the direct one, by the estimator that speaks for it.
results_ranked as (

    select
        *,
        cast(row_number() over ( -- portable-ok: some dozen rows per campaign
            partition by campaign_id
            order by
                case outcome when 'value' then 1 when 'converted' then 2 else 3 end asc nulls last,
                outcome asc nulls last,
                case estimand when 'total' then 1 when 'direct' then 2 else 3 end asc nulls last,
                arm asc nulls last
        ) as bigint) as headline_rank
    from results
    where is_headline

),

headlines as (

    select * from results_ranked
    where headline_rank = 1

),

-- What the source of the figures lets them be read as: of the headline, where there is one.
labels as (

    select
        campaign_id,
        evidence,
        label,
        label_zh
    from headlines
    union all
    select
        responses.campaign_id,
        responses.evidence,
        responses.label,
        responses.label_zh
    from responses
    left join headlines on responses.campaign_id = headlines.campaign_id
    where headlines.campaign_id is null

),

campaigns_scored as (

    select
        ---------- ids
        campaigns.campaign_id,
        ---------- text
        campaigns.name,
        campaigns.origin,
        campaigns.campaign_type,
        labels.evidence,
        labels.label,
        labels.label_zh,
        headlines.outcome,
        headlines.estimand,
        headlines.estimator,
        headlines.interval_kind,
        ---------- numbers
        coalesce(responses.n_contacted, 0) as n_contacted,
        coalesce(responses.n_responded, 0) as n_responded,
        responses.response_rate,
        responses.ci_low,
        responses.ci_high,
        responses.n_contacted_with_orders,
        responses.n_not_contacted,
        responses.n_not_contacted_with_orders,
        headlines.effect,
        headlines.ci_low as effect_ci_low,
        headlines.ci_high as effect_ci_high,
        headlines.mean_baseline,
        headlines.n_units,
        headlines.srm_p,
        ---------- booleans
        campaigns.is_randomized,
        campaigns.end_date < {{ as_of_date() }} as is_over,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        campaigns.start_date,
        campaigns.end_date,
        {{ as_of_date() }} as as_of_date
    from campaigns
    inner join labels on campaigns.campaign_id = labels.campaign_id
    left join responses on campaigns.campaign_id = responses.campaign_id
    left join headlines on campaigns.campaign_id = headlines.campaign_id

)

select * from campaigns_scored
