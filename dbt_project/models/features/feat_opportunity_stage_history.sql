with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

days as (

    select
        opportunity_id,
        coalesce(stage_name, 'not_recorded') as stage_name,
        date_day
    from {{ ref('fct_opportunity_daily_history') }}

),

days_compared as (

    select
        opportunity_id,
        stage_name,
        date_day,
        cast(lag(stage_name) over (
            partition by opportunity_id
            order by date_day asc nulls last
        ) as varchar) as stage_name_before
    from days

),

-- A stay begins on each day whose stage is not that of the day before.
days_numbered as (

    select
        opportunity_id,
        stage_name,
        date_day,
        cast(sum(case when stage_name = stage_name_before then 0 else 1 end) over (
            partition by opportunity_id
            order by date_day asc nulls last
        ) as bigint) as stage_number
    from days_compared

),

stays_summed as (

    select
        opportunity_id,
        stage_number,
        cast(min(stage_name) as varchar) as stage_name,
        cast(count(*) as bigint) as days_in_stage,
        cast(min(date_day) as date) as entered_date
    from days_numbered
    group by opportunity_id, stage_number

),

stays_followed as (

    select
        opportunity_id,
        stage_number,
        stage_name,
        days_in_stage,
        entered_date,
        cast(lead(stage_name) over (
            partition by opportunity_id
            order by stage_number asc nulls last
        ) as varchar) as next_stage_name,
        cast(lead(entered_date) over (
            partition by opportunity_id
            order by stage_number asc nulls last
        ) as date) as left_date
    from stays_summed

),

stays_described as (

    select
        ---------- ids
        stays.opportunity_id,
        opportunities.organization_id,
        opportunities.owner_id,
        ---------- text
        stays.stage_name,
        stays.next_stage_name,
        ---------- numbers
        stays.stage_number,
        stays.days_in_stage,
        ---------- booleans
        stays.left_date is null as is_last,
        opportunities.is_closed,
        opportunities.is_won,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        stays.entered_date,
        stays.left_date,
        {{ as_of_date() }} as as_of_date
    from stays_followed as stays
    inner join opportunities on stays.opportunity_id = opportunities.opportunity_id

)

select * from stays_described
