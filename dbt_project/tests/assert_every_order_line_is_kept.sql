-- No accepted line may get lost between staging and core: not by an unknown product, a customer
-- nobody knows, a zero quantity or a join that matches nothing. Only what a later record deleted,
-- or moved to a day to come, is left out; and lines without a moment of their own wait for the day
-- of their order.
with

lines_known as (

    select
        source_system,
        order_item_source_id,
        case when ordered_at is null then 0 else 1 end as is_dated,
        landing_sequence * 10000000000 + record_no as place,
        reject_reason is null and {{ is_visible('ordered_at', 'known_at') }} as is_accepted
    from {{ ref('stg_order_items') }}
    where
        (reject_reason is null or reject_reason = 'DELETED')
        and coalesce(known_at < {{ as_of_at() }}, true)

),

last_withdrawals as (

    select
        source_system,
        order_item_source_id,
        cast(max(place) as bigint) as place
    from lines_known
    where not is_accepted
    group by source_system, order_item_source_id

),

keys_accepted as (

    select
        source_system,
        order_item_source_id,
        cast(max(place) as bigint) as place,
        cast(min(is_dated) as integer) as is_dated
    from lines_known
    where is_accepted
    group by source_system, order_item_source_id

),

lines_accepted as (

    select
        cast(count(*) as bigint) as n_lines,
        cast(coalesce(sum(keys_accepted.is_dated), 0) as bigint) as n_dated
    from keys_accepted
    left join last_withdrawals
        on
            keys_accepted.source_system = last_withdrawals.source_system
            and keys_accepted.order_item_source_id = last_withdrawals.order_item_source_id
    where last_withdrawals.place is null or last_withdrawals.place < keys_accepted.place

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
