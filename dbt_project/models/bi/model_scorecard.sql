with

comparisons as (

    select * from {{ source('ml', 'model_comparisons') }}
    where baseline <> 'former_champion'

),

models as (

    select
        target,
        cast(min(model_version) as varchar) as model_version,
        cast(max(n_train) as bigint) as n_train,
        cast(max(train_to) as date) as train_to
    from {{ source('ml', 'models') }}
    where status = 'champion'
    group by target

),

-- Of several metrics of a target one decides: a loss or hit rate before an area under a curve.
comparisons_ordered as (

    select
        *,
        cast(row_number() over ( -- portable-ok: some hundred rows in all
            partition by target
            order by
                case
                    when metric = 'log_loss' then 1
                    when metric in ('hit_rate_3', 'mae', 'mase', 'recall_10') then 2
                    when metric in ('brier', 'roc_auc') then 4
                    else 3
                end asc nulls last,
                case when is_champion then 1 else 2 end asc nulls last,
                diff desc nulls last,
                metric asc nulls last,
                candidate asc nulls last,
                baseline asc nulls last
        ) as bigint) as place
    from comparisons

),

targets_scored as (

    select
        ---------- text
        comparisons_ordered.target,
        case
            when comparisons_ordered.is_champion is null and comparisons_ordered.verdict = 'better'
                then comparisons_ordered.candidate
            when comparisons_ordered.is_champion then comparisons_ordered.candidate
            else comparisons_ordered.baseline
        end as champion,
        comparisons_ordered.candidate as best_candidate,
        comparisons_ordered.baseline,
        comparisons_ordered.metric,
        comparisons_ordered.verdict,
        comparisons_ordered.reason,
        models.model_version,
        ---------- numbers
        comparisons_ordered.candidate_value,
        comparisons_ordered.baseline_value,
        comparisons_ordered.diff as lead,
        comparisons_ordered.ci_low as lead_ci_low,
        comparisons_ordered.ci_high as lead_ci_high,
        comparisons_ordered.n as n_judged,
        models.n_train,
        ---------- dates
        comparisons_ordered.judged_as_of,
        models.train_to,
        {{ as_of_date() }} as as_of_date
    from comparisons_ordered
    left join models on comparisons_ordered.target = models.target
    where comparisons_ordered.place = 1

)

select * from targets_scored
