-- No accepted line may get lost between staging and core: not by an unknown product, a customer
-- nobody knows, a zero quantity or a join that matches nothing. Lines without a moment of their own
-- wait for the day of their order.
with

keys_accepted as (

    select
        source_system,
        order_item_source_id,
        cast(max(case when ordered_at is null then 0 else 1 end) as integer) as is_dated
    from {{ ref('stg_order_items') }}
    where reject_reason is null and {{ is_visible('ordered_at', 'known_at') }}
    group by source_system, order_item_source_id

),

lines_accepted as (

    select
        cast(count(*) as bigint) as n_lines,
        cast(coalesce(sum(is_dated), 0) as bigint) as n_dated
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
where
    lines_kept.n_lines > lines_accepted.n_lines
    or lines_kept.n_lines < lines_accepted.n_dated
