with

surveys as (

    select * from {{ ref('fct_surveys') }}
    where customer_id is not null

),

surveys_ranked as (

    select
        *,
        cast(row_number() over (
            partition by customer_id
            order by survey_at desc nulls last, survey_id desc nulls last
        ) as bigint) as survey_rank
    from surveys

),

satisfaction_summed as (

    select
        customer_id,
        cast(max(case when survey_rank = 1 then csat end) as tinyint) as csat_last,
        cast(max(case when survey_rank = 1 then nps end) as tinyint) as nps_last,
        {{ share_of(
            "sum(case when survey_at >= " ~ days_before_as_of(365) ~ " then csat end)",
            "count(case when survey_at >= " ~ days_before_as_of(365) ~ " then csat end)"
        ) }} as csat_avg_365d
    from surveys_ranked
    group by customer_id

)

select * from satisfaction_summed
