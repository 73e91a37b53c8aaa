with

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

stays as (

    select * from {{ ref('feat_opportunity_stage_history') }}

),

stages_reached as (

    select
        opportunity_id,
        stage_name,
        cast(sum(days_in_stage) as bigint) as days_in_stage,
        cast(max(case when is_last then 1 else 0 end) as integer) = 1 as is_standing
    from stays
    group by opportunity_id, stage_name

),

-- Every deal once for each stage it reached, and once for all stages together.
deals as (

    select
        'stage' as summed_over,
        reached.stage_name,
        opportunities.opportunity_id,
        opportunities.currency_code,
        opportunities.amount,
        opportunities.probability,
        opportunities.is_closed,
        opportunities.is_won,
        reached.days_in_stage,
        reached.is_standing and not opportunities.is_closed as is_open_here
    from stages_reached as reached
    inner join opportunities on reached.opportunity_id = opportunities.opportunity_id
    union all
    select
        'all' as summed_over,
        'all' as stage_name,
        opportunity_id,
        currency_code,
        amount,
        probability,
        is_closed,
        is_won,
        cast(null as bigint) as days_in_stage,
        not is_closed as is_open_here
    from opportunities

),

deals_summed as (

    select
        summed_over,
        stage_name,
        currency_code,
        cast(count(*) as bigint) as n_reached,
        cast(sum(case when is_closed then 1 else 0 end) as bigint) as n_closed,
        cast(sum(case when is_won then 1 else 0 end) as bigint) as n_won,
        cast(sum(case when is_open_here then 1 else 0 end) as bigint) as n_open,
        cast(sum(case when is_open_here then coalesce(amount, 0) else 0 end) as decimal(18, 2))
            as open_amount,
        cast(sum(
            case when is_open_here then amount * cast(probability as decimal(9, 6)) end
        ) as decimal(18, 2)) as stated_amount,
        cast({{ percentile('days_in_stage', 0.5) }} as bigint) as median_days_in_stage
    from deals
    group by summed_over, stage_name, currency_code

),

stages_judged as (

    select
        ---------- text
        summed_over,
        stage_name,
        currency_code,
        ---------- numbers
        n_reached,
        n_closed,
        n_won,
        {{ share_of('n_won', 'n_closed') }} as win_rate,
        {{ wilson_end('n_won', 'n_closed', '-') }} as win_rate_ci_low,
        {{ wilson_end('n_won', 'n_closed', '+') }} as win_rate_ci_high,
        n_open,
        open_amount,
        stated_amount,
        cast(round(
            cast(open_amount as double) * ({{ share_of('n_won', 'n_closed') }}), 2
        ) as decimal(18, 2)) as expected_amount,
        median_days_in_stage,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from deals_summed

)

select * from stages_judged
