-- No accepted line may get lost between staging and core: not by an unknown product, a customer
-- nobody knows, a zero quantity or a join that matches nothing.
with

keys_accepted as (

    select
        source_system,
        order_item_source_id
    from {{ ref('stg_order_items') }}
    where reject_reason is null and {{ is_visible('ordered_at', 'known_at') }}
    group by source_system, order_item_source_id

),

lines_accepted as (

    select cast(count(*) as bigint) as n_lines
    from keys_accepted

),

lines_kept as (

    select cast(count(*) as bigint) as n_lines
    from {{ ref('fct_order_items') }}

)

select
    lines_accepted.n_lines as n_accepted,
    lines_kept.n_lines as n_kept
from lines_accepted
cross join lines_kept
where lines_accepted.n_lines <> lines_kept.n_lines
