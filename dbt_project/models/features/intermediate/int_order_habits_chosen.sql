with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null

),

orders_counted_per_weekday as (

    select
        customer_id,
        {{ iso_weekday(to_local('ordered_at')) }} as iso_weekday,
        cast(count(*) as bigint) as count_orders
    from orders
    group by customer_id, {{ iso_weekday(to_local('ordered_at')) }}

),

weekdays_ranked as (

    select
        customer_id,
        iso_weekday,
        cast(row_number() over (
            partition by customer_id
            order by count_orders desc nulls last, iso_weekday asc nulls last
        ) as bigint) as weekday_rank
    from orders_counted_per_weekday

),

orders_counted_per_hour as (

    select
        customer_id,
        cast(extract(hour from {{ to_local('ordered_at') }}) as integer) as hour_of_day,
        cast(count(*) as bigint) as count_orders
    from orders
    group by customer_id, cast(extract(hour from {{ to_local('ordered_at') }}) as integer)

),

hours_ranked as (

    select
        customer_id,
        hour_of_day,
        cast(row_number() over (
            partition by customer_id
            order by count_orders desc nulls last, hour_of_day asc nulls last
        ) as bigint) as hour_rank
    from orders_counted_per_hour

),

habits_joined as (

    select
        ---------- ids
        weekdays_ranked.customer_id,
        ---------- numbers
        weekdays_ranked.iso_weekday as preferred_iso_weekday,
        hours_ranked.hour_of_day as preferred_hour
    from weekdays_ranked
    inner join hours_ranked on weekdays_ranked.customer_id = hours_ranked.customer_id
    where weekdays_ranked.weekday_rank = 1 and hours_ranked.hour_rank = 1

)

select * from habits_joined
