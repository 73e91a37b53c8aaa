-- Amounts of two currencies are not to be added up. An order in another currency is set aside; its
-- lines must say the currency too (map currency_code of order_items), or they would count as ours.
select order_items.order_item_source_id
from {{ ref('stg_order_items') }} as order_items
inner join {{ ref('stg_orders') }} as orders
    on
        order_items.source_system = orders.source_system
        and order_items.order_source_id = orders.order_source_id
where
    order_items.reject_reason is null
    and orders.reject_reason = 'E_CURRENCY_currency_code'
