with

opportunities as (

    select
        opportunity_id,
        owner_id,
        currency_code,
        amount,
        is_closed,
        is_won,
        close_date,
        cast({{ to_local('opened_at') }} as date) as opened_date
    from {{ ref('fct_opportunities') }}

),

owners as (

    select * from {{ ref('dim_owners') }}

),

deals_summed_per_owner as (

    select
        owner_id,
        currency_code,
        cast(count(*) as bigint) as n_deals,
        cast(sum(case when is_closed then 1 else 0 end) as bigint) as n_closed,
        cast(sum(case when is_won then 1 else 0 end) as bigint) as n_won,
        cast(sum(case when is_won then coalesce(amount, 0) else 0 end) as decimal(18, 2))
            as won_amount,
        cast(sum(case when is_closed then 0 else coalesce(amount, 0) end) as decimal(18, 2))
            as open_amount,
        cast({{ percentile(
            "case when is_won then " ~ days_between('opened_date', 'close_date') ~ " end", 0.5
        ) }} as bigint) as median_days_to_win
    from opportunities
    where owner_id is not null
    group by owner_id, currency_code

),

deals_summed as (

    select
        currency_code,
        {{ share_of('sum(case when is_won then 1 else 0 end)',
                    'sum(case when is_closed then 1 else 0 end)') }} as win_rate_all
    from opportunities
    group by currency_code

),

owners_measured as (

    select
        deals.owner_id,
        deals.currency_code,
        deals.n_deals,
        deals.n_closed,
        deals.n_won,
        {{ share_of('deals.n_won', 'deals.n_closed') }} as win_rate,
        {{ wilson_end('deals.n_won', 'deals.n_closed', '-') }} as win_rate_ci_low,
        {{ wilson_end('deals.n_won', 'deals.n_closed', '+') }} as win_rate_ci_high,
        deals_summed.win_rate_all,
        deals.won_amount,
        deals.open_amount,
        deals.median_days_to_win
    from deals_summed_per_owner as deals
    inner join deals_summed on deals.currency_code = deals_summed.currency_code

),

-- An owner is above or below all only if the whole interval is.
owners_compared as (

    select
        ---------- ids
        measured.owner_id,
        ---------- text
        owners.team,
        measured.currency_code,
        case
            when measured.win_rate is null then 'no_closed_deal'
            when measured.win_rate_ci_low > measured.win_rate_all then 'above_all'
            when measured.win_rate_ci_high < measured.win_rate_all then 'below_all'
            else 'not_distinguishable'
        end as win_rate_verdict,
        ---------- numbers
        measured.n_deals,
        measured.n_deals - measured.n_closed as n_open,
        measured.n_closed,
        measured.n_won,
        measured.win_rate,
        measured.win_rate_ci_low,
        measured.win_rate_ci_high,
        measured.win_rate_all,
        measured.won_amount,
        measured.open_amount,
        measured.median_days_to_win,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from owners_measured as measured
    left join owners on measured.owner_id = owners.owner_id

)

select * from owners_compared
