with

reviews as (

    select * from {{ ref('fct_reviews') }}
    where customer_id is not null

),

letters as (

    select * from {{ ref('fct_messages') }}
    where customer_id is not null and direction = 'in'

),

-- Scores and sentiment on one scale from 0 to 1; what has a score is judged by it.
voices as (

    select
        customer_id,
        reviewed_at as said_at,
        cast(sentiment as decimal(18, 6)) as sentiment,
        cast(coalesce((score - 1) * 0.25, (sentiment + 1) * 0.5) as decimal(18, 6)) as satisfaction
    from reviews
    union all
    select
        customer_id,
        sent_at as said_at,
        cast(sentiment as decimal(18, 6)) as sentiment,
        cast((sentiment + 1) * 0.5 as decimal(18, 6)) as satisfaction
    from letters

),

voices_summed as (

    select
        customer_id,
        {{ share_of(
            "sum(case when said_at >= " ~ days_before_as_of(90) ~ " then sentiment end)",
            "count(case when said_at >= " ~ days_before_as_of(90) ~ " then sentiment end)"
        ) }} as sentiment_90d,
        {{ share_of('sum(satisfaction)', 'count(satisfaction)') }} as satisfaction_proxy
    from voices
    where said_at >= {{ days_before_as_of(365) }}
    group by customer_id

)

select * from voices_summed
