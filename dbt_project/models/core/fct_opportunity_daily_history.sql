with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

stages as (

    {{ current_version(
        ref('stg_opportunity_stages'),
        key=['opportunity_source_id', 'stage_name', 'entered_at'],
        event_time='entered_at'
    ) }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

opportunities_with_stages as (

    select
        {{ entity_id('opportunity_source_id') }} as opportunity_id,
        cast(min(entered_at) as timestamp) as first_entered_at
    from stages
    group by {{ entity_id('opportunity_source_id') }}

),

-- A deal begins without a stage; without any recorded stage it stands in its present one.
stages_entered as (

    select
        {{ entity_id('opportunity_source_id') }} as opportunity_id,
        stage_name,
        entered_at,
        record_no
    from stages
    union all
    select
        opportunities.opportunity_id,
        case when staged.opportunity_id is null then opportunities.stage_name end as stage_name,
        opportunities.opened_at as entered_at,
        cast(0 as bigint) as record_no
    from opportunities
    left join opportunities_with_stages as staged
        on opportunities.opportunity_id = staged.opportunity_id
    where
        staged.opportunity_id is null
        or opportunities.opened_at < staged.first_entered_at

),

stages_followed as (

    select
        opportunity_id,
        stage_name,
        cast({{ to_local('entered_at') }} as date) as first_date,
        cast(lead(cast({{ to_local('entered_at') }} as date)) over (
            partition by opportunity_id
            order by entered_at asc nulls first, record_no asc nulls last
        ) as date) as next_date
    from stages_entered

),

-- Of several stages entered on one day the last holds; a closed deal ends with its closing day.
days_described as (

    select
        ---------- ids
        opportunities.opportunity_id,
        opportunities.organization_id,
        opportunities.owner_id,
        ---------- text
        entered.stage_name,
        opportunities.currency_code,
        ---------- numbers
        opportunities.amount,
        opportunities.probability,
        ---------- booleans
        case
            when opportunities.is_closed and dates.date_day >= opportunities.close_date
                then opportunities.is_won
        end as is_won,
        coalesce(opportunities.is_closed and dates.date_day >= opportunities.close_date, false)
            as is_closed,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        dates.date_day,
        opportunities.close_date
    from stages_followed as entered
    inner join opportunities on entered.opportunity_id = opportunities.opportunity_id
    inner join dates
        on
            entered.first_date <= dates.date_day
            and (entered.next_date is null or entered.next_date > dates.date_day)
            and (
                not opportunities.is_closed
                or opportunities.close_date >= dates.date_day
                or entered.first_date >= dates.date_day
            )
    where dates.date_day < {{ as_of_date() }}

)

select * from days_described
