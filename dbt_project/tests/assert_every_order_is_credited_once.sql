-- Each attribution model deals out every order of the last 365 days, whole and once. Thirds and the
-- like are cut at nine decimals.
with

credited as (

    select
        attribution_model,
        cast(sum(cast(credited_orders as decimal(18, 6))) as decimal(18, 6)) as n_orders
    from {{ ref('feat_channel_attribution') }}
    group by attribution_model

),

placed as (

    select cast(count(*) as bigint) as n_orders
    from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at >= {{ days_before_as_of(365) }}

)

select credited.attribution_model
from credited
cross join placed
where abs(credited.n_orders - placed.n_orders) > 0.001 + 0.000001 * placed.n_orders
