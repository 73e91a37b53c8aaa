"""The features of customers as of an origin, in SQL: each counts what happened before its 00:00.

Reads the tables that :class:`crm_tasks.ml.propensity.facts.Facts` prepares, and takes ``$origin``,
``$digest_below`` (whose digests are lower is asked about) and ``$after_order``, in days.
"""

from __future__ import annotations

#: So long after an order somebody still visits and writes because of it.
AFTER_ORDER_DAYS = 30

#: A table macro: who is asked about, and how long each was surely a customer, from the first order
#: to a month after the last one. Who leaves stops visiting and writing too, which is no cause, so
#: rates are of those days.
LASTED = """
create macro lasted_before(origin, digest_below, after_order) as table
select
    customer,
    min(day) as first_day,
    max(day) + after_order as until,
    least(
        date_diff('day', min(day), max(day)) + after_order, date_diff('day', min(day), origin)
    ) / 90.0 as n_quarters
from orders_dated
where day < origin and customer in (select customer from people where digest < digest_below)
group by customer
"""

FEATURES_SQL = """
with

lasted as (

    select * from lasted_before($origin, $digest_below, $after_order)

),

bought as (

    select
        customer,
        count(*) as n_orders,
        date_diff('day', max(day), $origin) as recency_days,
        date_diff('day', min(day), $origin) as customer_age_days,
        date_diff('day', min(day), max(day)) as span_days,
        count(distinct day) as n_days,
        count(*) filter (where day >= $origin - 28) as n_orders_28d,
        count(*) filter (where day >= $origin - 90) as n_orders_90d,
        cast(sum(net_amount) as double) as net_amount,
        cast(sum(net_amount) filter (where day >= $origin - 90) as double) as net_90d,
        cast(sum(net_amount) filter (where day >= $origin - 180 and day < $origin - 90) as double)
            as net_before,
        cast(sum(gross_amount) as double) as gross_amount,
        cast(sum(discount_amount) as double) as discount_amount,
        cast(sum(return_amount) as double) as return_amount,
        cast(sum(count_items) as double) as n_items,
        cast(count(*) filter (where delivered_on < $origin and is_late) as double) as n_late,
        cast(count(*) filter (where delivered_on < $origin) as double) as n_delivered
    from orders_dated
    where day < $origin
    group by customer

),

visited as (

    select
        sessions_dated.customer,
        count(*) filter (where day >= $origin - 30) as n_sessions_30d,
        count(*) filter (where day >= $origin - 90) as n_sessions_90d,
        count(*) filter (where day >= $origin - 90 and has_cart) as n_carts_90d,
        count(*) filter (where day between lasted.first_day and lasted.until) as n_lasting,
        date_diff('day', max(day), $origin) as days_since_session
    from sessions_dated
    inner join lasted on sessions_dated.customer = lasted.customer
    where day < $origin
    group by sessions_dated.customer

),

stated as (

    select customer, arg_max(is_loyalty_member, known_from) as is_loyalty_member
    from versions_dated
    where day < $origin and is_loyalty_member is not null
    group by customer

),

reviewed as (

    select
        customer,
        count(*) as n_reviews,
        cast(sum(score) as double) / count(score) as mean_score,
        cast(count(*) filter (where is_low_score) as double) / count(*) as low_score_share
    from reviews_dated
    where day < $origin
    group by customer

),

wrote as (

    select
        letters_dated.customer,
        count(*) filter (where day >= $origin - 90) as n_messages_90d,
        count(*) filter (where day >= $origin - 365 and is_complaint) as n_complaints,
        count(*) filter (where day >= $origin - 90 and is_complaint) as n_complaints_90d,
        count(*) filter (
            where is_complaint and day between lasted.first_day and lasted.until
        ) as n_lasting,
        count(*) filter (
            where is_waiting and (closed_day is null or closed_day >= $origin)
        ) as n_open_issues
    from letters_dated
    inner join lasted on letters_dated.customer = lasted.customer
    where day < $origin
    group by letters_dated.customer

),

-- Before the first message of anybody is on record the figures are unknown, not zero.
letters_recorded as (

    select count(*) > 0 as has_letters from letters_dated where day < $origin

),

said as (

    select customer, cast(sum(sentiment) as double) / count(sentiment) as sentiment_90d
    from (
        select customer, day, sentiment from letters_dated
        union all
        select customer, day, sentiment from reviews_dated
    )
    where day < $origin and day >= $origin - 90
    group by customer

),

contacted as (

    select
        customer,
        count(*) filter (where day >= $origin - 90) as n_contacts_90d,
        cast(count(*) filter (where day >= $origin - 180 and opened_day < $origin) as double)
            / nullif(count(*) filter (where day >= $origin - 180), 0) as open_share_180d
    from contacts_dated
    where day < $origin
    group by customer

),

redeemed as (

    select
        customer,
        count(*) filter (where day >= $origin - 90) as n_redemptions_90d
    from redemptions_dated
    where day < $origin
    group by customer

),

answered as (

    select
        customer,
        arg_max(csat, (day, csat)) filter (where csat is not null) as csat_last,
        arg_max(nps, (day, nps)) filter (where nps is not null) as nps_last
    from surveys_dated
    where day < $origin
    group by customer

)

select
    bought.customer,
    bought.recency_days,
    bought.customer_age_days,
    bought.n_orders,
    bought.n_orders_28d,
    bought.n_orders_90d,
    cast(bought.span_days as double) / nullif(bought.n_days - 1, 0) as mean_gap_days,
    bought.recency_days * (bought.n_days - 1.0) / nullif(bought.span_days, 0) as gap_ratio,
    bought.net_amount / bought.n_orders as mean_order_amount,
    coalesce(bought.net_90d, 0) as net_amount_90d,
    case when bought.net_before > 0
        then least(coalesce(bought.net_90d, 0) / bought.net_before, 10) end as amount_trend,
    bought.discount_amount / nullif(bought.gross_amount, 0) as discount_share,
    bought.return_amount / nullif(bought.gross_amount, 0) as return_share,
    bought.n_late / nullif(bought.n_delivered, 0) as late_share,
    bought.n_items / bought.n_orders as items_per_order,
    coalesce(visited.n_sessions_30d, 0) as n_sessions_30d,
    coalesce(visited.n_sessions_90d, 0) as n_sessions_90d,
    visited.days_since_session,
    coalesce(visited.n_lasting, 0) / lasted.n_quarters as visits_per_90d,
    visited.n_carts_90d / nullif(visited.n_sessions_90d, 0) as cart_share_90d,
    coalesce(reviewed.n_reviews, 0) as n_reviews,
    reviewed.mean_score,
    reviewed.low_score_share,
    case when has_letters then coalesce(wrote.n_messages_90d, 0) end as n_messages_90d,
    case when has_letters then coalesce(wrote.n_complaints, 0) end as n_complaints,
    case when has_letters then coalesce(wrote.n_complaints_90d, 0) end as n_complaints_90d,
    -- Who never wrote may have no way to: how often such a one would complain is not known.
    wrote.n_lasting / lasted.n_quarters as complaints_per_90d,
    case when has_letters then coalesce(wrote.n_open_issues, 0) end as n_open_issues,
    said.sentiment_90d,
    coalesce(contacted.n_contacts_90d, 0) as n_contacts_90d,
    contacted.open_share_180d,
    coalesce(redeemed.n_redemptions_90d, 0) as n_redemptions_90d,
    answered.csat_last,
    answered.nps_last,
    cast(stated.is_loyalty_member as integer) as is_loyalty_member
from bought
inner join lasted on bought.customer = lasted.customer
cross join letters_recorded
left join visited on bought.customer = visited.customer
left join stated on bought.customer = stated.customer
left join reviewed on bought.customer = reviewed.customer
left join wrote on bought.customer = wrote.customer
left join said on bought.customer = said.customer
left join contacted on bought.customer = contacted.customer
left join redeemed on bought.customer = redeemed.customer
left join answered on bought.customer = answered.customer
order by bought.customer
"""
