-- The moment an order was placed: as the source gives it, else recovered where bounds allow it.
-- Never guessed: an order without such bounds stays undated.
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

-- The lines of an undated order may say when it was placed.
lines as (

    select
        stg_order_items.source_system,
        stg_order_items.order_source_id,
        cast(min(stg_order_items.ordered_at) as timestamp) as ordered_at
    from {{ ref('stg_order_items') }} as stg_order_items
    inner join undated
        on
            stg_order_items.source_system = undated.source_system
            and stg_order_items.order_source_id = undated.order_source_id
    where
        stg_order_items.reject_reason is null
        and {{ is_visible('stg_order_items.ordered_at', 'stg_order_items.known_at') }}
    group by stg_order_items.source_system, stg_order_items.order_source_id

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

-- Orders numbered as they come in lie between their neighbours; in runs of ten thousand, so that
-- no window holds all orders of a source.
numbered as (

    select
        source_system,
        order_source_id,
        cast(max(ordered_at) over (
            partition by source_system, sequence_no - mod(sequence_no, 10000)
            order by sequence_no asc nulls last, order_source_id asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as timestamp) as after_at,
        cast(min(ordered_at) over (
            partition by source_system, sequence_no - mod(sequence_no, 10000)
            order by sequence_no asc nulls last, order_source_id asc nulls last
            rows between 1 following and unbounded following
        ) as timestamp) as before_at
    from orders
    where sequence_no is not null and exists (select 1 from undated)

),

bounded as (

    select
        orders.source_system,
        orders.order_source_id,
        orders.paid_at,
        orders.shipped_at,
        lines.ordered_at as lines_at,
        numbered.after_at,
        least(numbered.before_at, orders.paid_at, orders.shipped_at) as before_at,
        coalesce(habits.is_paid_at_once, false) as is_paid_at_once,
        coalesce(habits.is_shipped_at_once, false) as is_shipped_at_once
    from orders
    left join lines
        on
            orders.source_system = lines.source_system
            and orders.order_source_id = lines.order_source_id
    left join numbered
        on
            orders.source_system = numbered.source_system
            and orders.order_source_id = numbered.order_source_id
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

-- An order that is known only by a payment of tomorrow is not known today.
dated as (

    select
        orders.source_system,
        orders.order_source_id,
        orders.customer_source_id,
        orders.store_id,
        orders.status,
        orders.channel,
        orders.paid_at,
        orders.shipped_at,
        orders.promised_on,
        orders.delivered_on,
        ruled.ordered_at_rule,
        case
            when ruled.ordered_at_rule = 'order_lines' then ruled.lines_at
            when ruled.ordered_at_rule = 'paid_at' then ruled.paid_at
            when ruled.ordered_at_rule = 'shipped_at' then ruled.shipped_at
            when ruled.ordered_at_rule = 'same_day' then ruled.after_at
            else orders.ordered_at
        end as ordered_at,
        coalesce(
            orders.ordered_at is null and coalesce(ruled.lines_at, ruled.before_at)
            >= {{ as_of_at() }},
            false
        ) as is_ahead
    from orders
    left join ruled
        on
            orders.source_system = ruled.source_system
            and orders.order_source_id = ruled.order_source_id

)

select * from dated
