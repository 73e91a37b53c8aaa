-- Frequency and revenue of a customer are what the orders say, without exception but for orders of
-- which nobody knows when they were placed.
with

totals as (

    select
        customer_id,
        cast(count(*) as bigint) as frequency,
        cast(sum(net_amount) as decimal(18, 2)) as net_revenue_total
    from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at is not null
    group by customer_id

)

select coalesce(rfm.customer_id, totals.customer_id) as customer_id
from {{ ref('feat_customer_rfm') }} as rfm
full outer join totals on rfm.customer_id = totals.customer_id
where
    rfm.customer_id is null
    or coalesce(rfm.frequency, 0) <> coalesce(totals.frequency, 0)
    or coalesce(rfm.net_revenue_total, 0) <> coalesce(totals.net_revenue_total, 0)
