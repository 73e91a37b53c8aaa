-- The moment of orders that came without one, where bounds allow to recover it. Never guessed: an
-- order without such bounds stays undated.
with

orders as (

    {{ current_version(ref('stg_orders'), key=['order_source_id'], event_time='ordered_at') }}

),

undated as (

    select
        source_system,
        order_source_id
    from orders
    where ordered_at is null

),

order_items as (

    select * from {{ ref('stg_order_items') }}
    where reject_reason is null and {{ is_visible('ordered_at', 'known_at') }}

),

-- The lines of an undated order may say when it was placed.
lines as (

    select
        order_items.source_system,
        order_items.order_source_id,
        cast(min(order_items.ordered_at) as timestamp) as ordered_at
    from order_items
    inner join undated
        on
            order_items.source_system = undated.source_system
            and order_items.order_source_id = undated.order_source_id
    group by order_items.source_system, order_items.order_source_id

),

-- Payment or shipping stands for the order where nine in ten of the source's orders that have both
-- were paid, or shipped, within a day.
habits as (

    select
        source_system,
        {{ share_of(
            "sum(case when " ~ seconds_between('ordered_at', 'paid_at')
            ~ " between 0 and 86400 then 1 else 0 end)", 'count(paid_at)'
        ) }} >= 0.9 as is_paid_at_once,
        {{ share_of(
            "sum(case when " ~ seconds_between('ordered_at', 'shipped_at')
            ~ " between 0 and 86400 then 1 else 0 end)", 'count(shipped_at)'
        ) }} >= 0.9 as is_shipped_at_once
    from orders
    where ordered_at is not null
    group by source_system

),

-- In blocks of ten thousand, so that no window holds all orders of a source.
numbered as (

    select
        source_system,
        order_source_id,
        sequence_no,
        ordered_at,
        source_system || ':' || cast(sequence_no - mod(sequence_no, 10000) as varchar) as block_id
    from orders
    where sequence_no is not null and exists (select 1 from undated)

),

-- Orders that are numbered as they come in lie between their neighbours.
neighbours as (

    select
        source_system,
        order_source_id,
        cast(max(ordered_at) over (
            partition by block_id
            order by sequence_no asc nulls last, order_source_id asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as timestamp) as after_at,
        cast(min(ordered_at) over (
            partition by block_id
            order by sequence_no asc nulls last, order_source_id asc nulls last
            rows between 1 following and unbounded following
        ) as timestamp) as before_at
    from numbered

),

bounded as (

    select
        orders.source_system,
        orders.order_source_id,
        orders.paid_at,
        orders.shipped_at,
        lines.ordered_at as lines_at,
        neighbours.after_at,
        least(neighbours.before_at, orders.paid_at, orders.shipped_at) as before_at,
        coalesce(habits.is_paid_at_once, false) as is_paid_at_once,
        coalesce(habits.is_shipped_at_once, false) as is_shipped_at_once
    from orders
    left join lines
        on
            orders.source_system = lines.source_system
            and orders.order_source_id = lines.order_source_id
    left join neighbours
        on
            orders.source_system = neighbours.source_system
            and orders.order_source_id = neighbours.order_source_id
    left join habits on orders.source_system = habits.source_system
    where orders.ordered_at is null

),

ruled as (

    select
        *,
        case
            when lines_at is not null then 'order_lines'
            when after_at > before_at then 'none'
            when is_paid_at_once and paid_at = before_at then 'paid_at'
            when is_shipped_at_once and shipped_at = before_at then 'shipped_at'
            when
                cast({{ to_local('after_at') }} as date) = cast({{ to_local('before_at') }} as date)
                then 'same_day'
            else 'none'
        end as ordered_at_rule
    from bounded

),

recovered as (

    select
        source_system,
        order_source_id,
        ordered_at_rule,
        before_at,
        case ordered_at_rule
            when 'order_lines' then lines_at
            when 'paid_at' then paid_at
            when 'shipped_at' then shipped_at
            when 'same_day' then after_at
        end as ordered_at
    from ruled

)

select * from recovered
