with

contacts as (

    select * from {{ ref('fct_contacts') }}
    where customer_id is not null

),

responses_counted_per_channel as (

    select
        customer_id,
        channel_id,
        cast(count(*) as bigint) as count_responses
    from contacts
    where converted_at is not null and channel_id is not null
    group by customer_id, channel_id

),

channels_ranked as (

    select
        customer_id,
        channel_id,
        cast(row_number() over (
            partition by customer_id
            order by count_responses desc nulls last, channel_id asc nulls last
        ) as bigint) as channel_rank
    from responses_counted_per_channel

),

preferences_chosen as (

    select
        customer_id,
        channel_id
    from channels_ranked
    where channel_rank = 1

)

select * from preferences_chosen
