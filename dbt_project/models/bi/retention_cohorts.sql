with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null

),

dates as (

    select * from {{ ref('dim_dates') }}

),

orders_dated as (

    select
        customer_id,
        net_amount,
        cast(date_trunc('month', {{ to_local('ordered_at') }}) as date) as order_month
    from orders

),

customers_dated as (

    select
        customer_id,
        cast(min(order_month) as date) as cohort_month
    from orders_dated
    group by customer_id

),

cohorts as (

    select
        cohort_month,
        cast(count(*) as bigint) as n_customers
    from customers_dated
    group by cohort_month

),

months as (

    select
        month_start,
        cast(max(date_day) as date) as month_end
    from dates
    where month_start < {{ as_of_date() }}
    group by month_start

),

orders_summed_per_cohort_and_month as (

    select
        customers_dated.cohort_month,
        orders_dated.order_month,
        cast(count(distinct orders_dated.customer_id) as bigint) as n_active,
        cast(count(*) as bigint) as n_orders,
        cast(sum(coalesce(orders_dated.net_amount, 0)) as decimal(18, 2)) as net_amount
    from orders_dated
    inner join customers_dated on orders_dated.customer_id = customers_dated.customer_id
    group by customers_dated.cohort_month, orders_dated.order_month

),

-- A month in which nobody of the cohort ordered is a row with zero, no gap.
cohorts_followed as (

    select
        ---------- text
        {{ currency_code() }} as currency_code,
        ---------- numbers
        {{ months_between('cohorts.cohort_month', 'months.month_start') }} as age_months,
        cohorts.n_customers,
        coalesce(orders_summed_per_cohort_and_month.n_active, 0) as n_active,
        {{ share_of(
            'coalesce(orders_summed_per_cohort_and_month.n_active, 0)', 'cohorts.n_customers'
        ) }} as retention_rate,
        coalesce(orders_summed_per_cohort_and_month.n_orders, 0) as n_orders,
        cast(coalesce(orders_summed_per_cohort_and_month.net_amount, 0) as decimal(18, 2))
            as net_amount,
        ---------- booleans
        months.month_end < {{ as_of_date() }} as is_complete,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        cohorts.cohort_month,
        {{ as_of_date() }} as as_of_date
    from cohorts
    inner join months on cohorts.cohort_month <= months.month_start
    left join orders_summed_per_cohort_and_month
        on
            cohorts.cohort_month = orders_summed_per_cohort_and_month.cohort_month
            and months.month_start = orders_summed_per_cohort_and_month.order_month

)

select * from cohorts_followed
