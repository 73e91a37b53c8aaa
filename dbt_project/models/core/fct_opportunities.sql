with

opportunities as (

    {{ current_version(
        ref('stg_opportunities'), key=['opportunity_source_id'], event_time='opened_at'
    ) }}

),

stages as (

    {{ current_version(
        ref('stg_opportunity_stages'),
        key=['opportunity_source_id', 'stage_name', 'entered_at'],
        event_time='entered_at'
    ) }}

),

organizations as (

    select * from {{ ref('dim_organizations') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

stages_ranked as (

    select
        source_system,
        opportunity_source_id,
        stage_name,
        cast(row_number() over (
            partition by source_system, opportunity_source_id
            order by entered_at desc nulls last, record_no desc nulls last
        ) as bigint) as stage_rank
    from stages

),

-- A deal that is closed today was open before its closing day: what it became is not told then.
opportunities_judged as (

    select
        *,
        is_won is not null and coalesce(close_date < {{ as_of_date() }}, true) as is_closed
    from opportunities

),

opportunities_described as (

    select
        ---------- ids
        {{ entity_id('opportunity_source_id', 'opportunities') }} as opportunity_id,
        {{ entity_id('organization_source_id', 'opportunities') }} as organization_id,
        identities.customer_id,
        {{ entity_id('owner_source_id', 'opportunities') }} as owner_id,
        ---------- text
        coalesce(
            stages_ranked.stage_name,
            case
                when opportunities.is_won is null or opportunities.is_closed
                    then opportunities.stage_name
            end
        ) as stage_name,
        coalesce(opportunities.currency_code, {{ currency_code() }}) as currency_code,
        ---------- numbers
        opportunities.amount,
        opportunities.probability,
        ---------- booleans
        case when opportunities.is_closed then opportunities.is_won end as is_won,
        opportunities.is_closed,
        opportunities.organization_source_id is not null and organizations.organization_id is null
            as is_unknown_organization,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        opportunities.close_date,
        ---------- timestamps
        opportunities.opened_at
    from opportunities_judged as opportunities
    left join stages_ranked
        on
            opportunities.source_system = stages_ranked.source_system
            and opportunities.opportunity_source_id = stages_ranked.opportunity_source_id
            and stages_ranked.stage_rank = 1
    left join organizations
        on
            opportunities.source_system = organizations.source_system
            and opportunities.organization_source_id = organizations.organization_source_id
    left join identities
        on
            opportunities.source_system = identities.source_system
            and opportunities.customer_source_id = identities.source_record_id

)

select * from opportunities_described
