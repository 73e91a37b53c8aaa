-- The history and the current table must name the same customers, each with one version that holds.
select coalesce(customers.customer_id, versions.customer_id) as customer_id
from {{ ref('dim_customers') }} as customers
full outer join {{ ref('dim_customers_history') }} as versions
    on
        customers.customer_id = versions.customer_id
        and versions.is_current
where
    customers.customer_id is null and versions.is_current
    or versions.customer_id is null
