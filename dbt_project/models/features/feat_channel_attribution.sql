with

orders as (

    select
        order_id,
        customer_id,
        ordered_at,
        coalesce(net_amount, 0) as net_amount
    from {{ ref('fct_orders') }}
    where customer_id is not null and ordered_at >= {{ days_before_as_of(365) }}

),

channels as (

    select * from {{ ref('dim_channels') }}

),

touches as (

    select
        session_id as touch_id,
        customer_id,
        'visit' as touch_kind,
        default_channel_group as channel,
        started_at as touched_at
    from {{ ref('fct_sessions') }}
    where customer_id is not null
    union all
    select
        contacts.contact_id as touch_id,
        contacts.customer_id,
        'contact' as touch_kind,
        coalesce(channels.channel, 'not_stated') as channel,
        contacts.sent_at as touched_at
    from {{ ref('fct_contacts') }} as contacts
    left join channels on contacts.channel_id = channels.channel_id
    where contacts.customer_id is not null and contacts.sent_at is not null

),

-- Without any touch on record nothing can be credited, to none of them either.
touches_recorded as (

    select cast(count(*) as bigint) > 0 as has_touches from touches

),

touches_before_orders as (

    select
        orders.order_id,
        touches.touch_kind,
        touches.channel,
        cast(row_number() over (
            partition by orders.order_id
            order by
                touches.touched_at asc nulls last,
                touches.touch_kind asc nulls last,
                touches.touch_id asc nulls last
        ) as bigint) as touch_rank,
        cast(count(*) over (partition by orders.order_id) as bigint) as n_touches,
        cast(round(
            power(0.5, {{ share_of(
                hours_between('touches.touched_at', 'orders.ordered_at'), '168', 9
            ) }}),
            9
        ) as decimal(18, 9)) as weight
    from orders
    inner join touches
        on
            orders.customer_id = touches.customer_id
            and orders.ordered_at >= touches.touched_at
            and orders.ordered_at < {{ add_days('touches.touched_at', '30') }}

),

weights_summed as (

    select
        order_id,
        cast(sum(weight) as decimal(18, 9)) as weight
    from touches_before_orders
    group by order_id

),

attribution_models as (

    select 'first_touch' as attribution_model
    union all
    select 'last_touch' as attribution_model
    union all
    select 'linear' as attribution_model
    union all
    select 'position_based' as attribution_model
    union all
    select 'time_decay' as attribution_model

),

credits as (

    select
        attribution_models.attribution_model,
        touches.order_id,
        touches.touch_kind,
        touches.channel,
        cast(case attribution_models.attribution_model
            when 'first_touch' then case when touches.touch_rank = 1 then 1 else 0 end
            when 'last_touch'
                then case when touches.touch_rank = touches.n_touches then 1 else 0 end
            when 'linear' then {{ share_of('1', 'touches.n_touches', 9) }}
            when 'position_based'
                then case
                    when touches.n_touches <= 2 then {{ share_of('1', 'touches.n_touches', 9) }}
                    when touches.touch_rank in (1, touches.n_touches) then 0.4
                    else {{ share_of('0.2', 'touches.n_touches - 2', 9) }}
                end
            else {{ share_of('touches.weight', 'weights_summed.weight', 9) }}
        end as decimal(18, 9)) as credit
    from touches_before_orders as touches
    inner join weights_summed on touches.order_id = weights_summed.order_id
    cross join attribution_models
    union all
    select
        attribution_models.attribution_model,
        orders.order_id,
        'none' as touch_kind,
        'none' as channel,
        cast(1 as decimal(18, 9)) as credit
    from orders
    cross join attribution_models
    cross join touches_recorded
    left join weights_summed on orders.order_id = weights_summed.order_id
    where weights_summed.order_id is null and touches_recorded.has_touches

),

credits_summed as (

    select
        ---------- text
        credits.attribution_model,
        credits.touch_kind,
        credits.channel,
        {{ currency_code() }} as currency_code,
        ---------- numbers
        cast(count(distinct credits.order_id) as bigint) as n_orders_touched,
        round(cast(sum(credits.credit) as double), 6) as credited_orders,
        cast(sum(orders.net_amount * credits.credit) as decimal(18, 2)) as credited_net_amount,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from credits
    inner join orders on credits.order_id = orders.order_id
    group by credits.attribution_model, credits.touch_kind, credits.channel

)

select * from credits_summed
