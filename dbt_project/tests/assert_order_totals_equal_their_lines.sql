-- An analyst may add up orders or lines and must get the same amounts.
with

totals_of_lines as (

    select
        order_id,
        cast(count(*) as bigint) as count_lines,
        cast(sum(net_amount) as decimal(18, 2)) as net_amount
    from {{ ref('fct_order_items') }}
    group by order_id

)

select orders.order_id
from {{ ref('fct_orders') }} as orders
left join totals_of_lines on orders.order_id = totals_of_lines.order_id
where
    orders.count_lines <> coalesce(totals_of_lines.count_lines, 0)
    or coalesce(orders.net_amount, 0) <> coalesce(totals_of_lines.net_amount, 0)
    or orders.gross_amount - orders.discount_amount - orders.return_amount <> orders.net_amount
