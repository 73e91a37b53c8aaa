with

letters as (

    select * from {{ ref('fct_messages') }}
    where customer_id is not null and direction = 'in'

),

complaints_counted as (

    select
        customer_id,
        topic,
        cast(count(*) as bigint) as count_complaints
    from letters
    where is_complaint and topic is not null and sent_at >= {{ days_before_as_of(365) }}
    group by customer_id, topic

),

complaints_ranked as (

    select
        *,
        cast(row_number() over (
            partition by customer_id
            order by count_complaints desc nulls last, topic asc nulls last
        ) as bigint) as topic_rank
    from complaints_counted

)

select * from complaints_ranked
