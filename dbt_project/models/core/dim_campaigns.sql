with

campaigns as (

    {{ current_version(ref('stg_campaigns'), key=['campaign_source_id'], event_time='start_date') }}

),

campaigns_described as (

    select
        ---------- ids
        {{ entity_id('campaign_source_id') }} as campaign_id,
        source_system,
        campaign_source_id,
        ---------- text
        coalesce(name, 'Campaign ' || campaign_source_id) as name,
        campaign_type,
        content_type,
        channel,
        design,
        ---------- numbers
        unit_cost,
        ---------- booleans
        coalesce(is_randomized, false) as is_randomized,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        start_date,
        end_date
    from campaigns

)

select * from campaigns_described
