with

customers as (

    select * from {{ ref('dim_customers') }}

),

reviews as (

    select * from {{ ref('fct_reviews') }}
    where customer_id is not null

),

letters as (

    select * from {{ ref('fct_messages') }}
    where customer_id is not null and direction = 'in'

),

conversations as (

    select * from {{ ref('fct_conversations') }}
    where customer_id is not null and started_at >= {{ days_before_as_of(365) }}

),

-- Without any review or message on record the figures are unknown, not zero.
reviews_recorded as (

    select cast(count(*) as bigint) > 0 as has_reviews from reviews

),

letters_recorded as (

    select cast(count(*) as bigint) > 0 as has_letters from letters

),

reviews_summed as (

    select
        customer_id,
        cast(count(*) as bigint) as reviews_n,
        {{ share_of('sum(score)', 'count(score)') }} as avg_score,
        {{ share_of('sum(case when is_low_score then 1 else 0 end)', 'count(score)') }}
            as low_score_share
    from reviews
    group by customer_id

),

letters_summed as (

    select
        customer_id,
        {{ count_of_last_days(90, 'sent_at') }} as messages_90d,
        cast(count(
            case when is_complaint and sent_at >= {{ days_before_as_of(90) }} then 1 end
        ) as bigint) as complaints_90d,
        cast(count(case when is_open_issue then 1 end) as bigint) as open_issues,
        cast(count(
            case when is_open_issue and answer_due_at < {{ as_of_at() }} then 1 end
        ) as bigint) as overdue_issues
    from letters
    group by customer_id

),

voices_summed as (

    select * from {{ ref('int_voices_summed') }}

),

complaints_ranked as (

    select * from {{ ref('int_complaint_topics_ranked') }}

),

answers_summed as (

    select
        customer_id,
        {{ share_of(
            'sum(cast(first_response_hours as decimal(18, 6)))', 'count(first_response_hours)'
        ) }} as response_hours_365d
    from conversations
    group by customer_id

),

customers_described as (

    select
        ---------- ids
        customers.customer_id,
        ---------- text
        complaints_ranked.topic as complaint_topics_top1,
        ---------- numbers
        case when recorded.has_reviews then coalesce(reviews_summed.reviews_n, 0) end
            as reviews_n,
        reviews_summed.avg_score,
        reviews_summed.low_score_share,
        case when told.has_letters then coalesce(letters_summed.messages_90d, 0) end
            as messages_90d,
        case when told.has_letters then coalesce(letters_summed.complaints_90d, 0) end
            as complaints_90d,
        case when told.has_letters then coalesce(letters_summed.open_issues, 0) end
            as open_issues,
        case when told.has_letters then coalesce(letters_summed.overdue_issues, 0) end
            as overdue_issues,
        voices_summed.sentiment_90d,
        voices_summed.satisfaction_proxy,
        answers_summed.response_hours_365d,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    cross join reviews_recorded as recorded
    cross join letters_recorded as told
    left join reviews_summed on customers.customer_id = reviews_summed.customer_id
    left join letters_summed on customers.customer_id = letters_summed.customer_id
    left join voices_summed on customers.customer_id = voices_summed.customer_id
    left join answers_summed on customers.customer_id = answers_summed.customer_id
    left join complaints_ranked
        on
            customers.customer_id = complaints_ranked.customer_id
            and complaints_ranked.topic_rank = 1

)

select * from customers_described
