with

assignments as (

    {{ current_version(
        ref('stg_assignments'), key=['assignment_source_id'], event_time='assigned_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

assignments_identified as (

    select
        ---------- ids
        {{ entity_id('assignment_source_id', 'assignments') }} as assignment_id,
        {{ entity_id('campaign_source_id', 'assignments') }} as campaign_id,
        {{ entity_id('cluster_source_id', 'assignments') }} as cluster_id,
        identities.customer_id,
        ---------- text
        assignments.arm,
        ---------- numbers
        assignments.saturation,
        assignments.propensity as assignment_propensity,
        ---------- booleans
        campaigns.campaign_id is null as is_unknown_campaign,
        coalesce(campaigns.is_randomized, false) as is_randomized,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        assignments.assigned_at
    from assignments
    left join identities
        on
            assignments.source_system = identities.source_system
            and assignments.customer_source_id = identities.source_record_id
    left join campaigns
        on
            assignments.source_system = campaigns.source_system
            and assignments.campaign_source_id = campaigns.campaign_source_id

)

select * from assignments_identified
