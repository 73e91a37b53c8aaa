with

outcomes as (

    {{ current_version(ref('stg_outcomes'), key=['outcome_source_id'], event_time='observed_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

outcomes_identified as (

    select
        ---------- ids
        {{ entity_id('outcome_source_id', 'outcomes') }} as outcome_id,
        coalesce({{ entity_id('unit_source_id', 'outcomes') }}, identities.customer_id) as unit_id,
        identities.customer_id,
        {{ entity_id('campaign_source_id', 'outcomes') }} as campaign_id,
        ---------- text
        outcomes.outcome_name,
        ---------- numbers
        outcomes.outcome_value,
        ---------- booleans
        campaigns.campaign_id is null as is_unknown_campaign,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        outcomes.observed_at
    from outcomes
    left join identities
        on
            outcomes.source_system = identities.source_system
            and outcomes.customer_source_id = identities.source_record_id
    left join campaigns
        on
            outcomes.source_system = campaigns.source_system
            and outcomes.campaign_source_id = campaigns.campaign_source_id

)

select * from outcomes_identified
