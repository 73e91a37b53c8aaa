-- The wide table joins its parts: a customer missing from one of them would vanish from models,
-- rules and dashboards without a word.
select customers.customer_id
from {{ ref('dim_customers') }} as customers
left join {{ ref('feat_customers_wide') }} as features
    on customers.customer_id = features.customer_id
where features.customer_id is null
