with

actions as (

    select * from {{ source('strategy', 'actions') }}

),

campaigns as (

    select * from {{ source('strategy', 'campaigns') }}

),

reasons as (

    select * from {{ source('strategy', 'action_reasons') }}

),

contents as (

    select * from {{ ref('dim_contents') }}

),

channels as (

    select * from {{ ref('dim_channels') }}

),

features as (

    select * from {{ ref('feat_customers_wide') }}

),

actions_due as (

    select
        ---------- ids
        actions.strategy_action_id,
        actions.campaign_id,
        actions.customer_id,
        actions.channel_id,
        actions.content_id,
        actions.rule_id,
        actions.issue_id,
        ---------- text
        campaigns.objective,
        channels.channel,
        actions.content_type,
        contents.action_name,
        features.rfm_segment,
        first_reasons.text_en as reason_en,
        first_reasons.text_zh as reason_zh,
        second_reasons.text_en as second_reason_en,
        second_reasons.text_zh as second_reason_zh,
        actions.consent_basis,
        actions.evidence,
        actions.status,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        actions.priority,
        actions.cost,
        actions.score,
        actions.expected_response,
        actions.expected_uplift,
        actions.expected_value,
        actions.influence_value,
        ---------- booleans
        actions.is_exploration,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date,
        ---------- timestamps
        actions.scheduled_at
    from actions
    left join campaigns on actions.campaign_id = campaigns.campaign_id
    left join channels on actions.channel_id = channels.channel_id
    left join contents on actions.content_id = contents.content_id
    left join features on actions.customer_id = features.customer_id
    left join reasons as first_reasons
        on
            actions.strategy_action_id = first_reasons.strategy_action_id
            and first_reasons.rank = 1
    left join reasons as second_reasons
        on
            actions.strategy_action_id = second_reasons.strategy_action_id
            and second_reasons.rank = 2
    where cast({{ to_local('actions.scheduled_at') }} as date) = {{ as_of_date() }}

)

select * from actions_due
