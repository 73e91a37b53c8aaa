with

results as (

    select * from {{ source('ops', 'dq_results') }}

),

results_described as (

    select
        ---------- text
        suite,
        expectation,
        table_name,
        column_name,
        severity,
        threshold,
        treatment,
        why,
        ---------- numbers
        n_rows,
        n_unexpected,
        {{ share_of('n_unexpected', 'n_rows') }} as unexpected_share,
        observed_value,
        ---------- booleans
        is_success,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from results

)

select * from results_described
