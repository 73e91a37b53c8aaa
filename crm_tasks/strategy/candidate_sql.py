"""The SQL of candidates, one statement per step; each reads the results before it by name.

The first steps see all customers, those from OFFERED on a slice of them at a time.
"""

from __future__ import annotations

#: What the rules offer each customer: of several rules with one content the first in the book.
OFFERED = """
with ranked as (
    select
        fired.customer_id,
        fired.figure,
        offers.rule_no,
        offers.rule_id,
        offers.objective,
        offers.lever,
        offers.content_id,
        offers.content_place,
        contents.content_type,
        contents.value_per_conversion,
        row_number() over (
            partition by fired.customer_id, offers.content_id order by offers.rule_no asc
        ) as place
    from fired
    inner join offers on fired.rule_id = offers.rule_id
    inner join contents on offers.content_id = contents.content_id
    where fired.kind = 'expansion'
)

select * exclude (place) from ranked
where place = 1
"""

#: What a suppression stops, and what an eligibility that does not hold does not allow.
RULED_OUT = """
with stopped as (
    select fired.customer_id, restrictions.*
    from fired
    inner join restrictions on fired.rule_id = restrictions.rule_id
    where restrictions.kind = 'suppression'

    union all

    select customers.customer_id, restrictions.*
    from customers
    cross join restrictions
    left join fired
        on customers.customer_id = fired.customer_id and restrictions.rule_id = fired.rule_id
    where restrictions.kind = 'eligibility' and fired.customer_id is null
)

select customer_id, content_type, channel, arg_min(rule_id, restriction_no) as ruled_out_by
from stopped
group by customer_id, content_type, channel
"""

#: Touches that count against the caps: those on record, and planned ones nothing was heard of.
TOUCHED = """
with touches as (
    select
        customer_id,
        channel_id,
        cast(sent_at at time zone 'UTC' at time zone $time_zone as date) as touch_date
    from contacts
    where customer_id is not null and sent_at is not null

    union all

    select
        previous_actions.customer_id,
        previous_actions.channel_id,
        cast(previous_actions.scheduled_at at time zone 'UTC' at time zone $time_zone as date)
    from previous_actions
    left join contacts
        on previous_actions.strategy_action_id = contacts.strategy_action_id
    where previous_actions.status = 'planned' and contacts.strategy_action_id is null
)

select touches.customer_id, channels.channel_id, touches.touch_date
from touches
inner join channels on touches.channel_id is null or touches.channel_id = channels.channel_id
where touches.touch_date > cast($as_of as date) - 7
"""

#: Share of touches answered, by channel and type of content, each drawn to the level above it by
#: as many touches as the prior stands for. Touches of the last 30 days may still be answered.
RATES = """
with answered as (
    select
        customer_id,
        channel_id,
        content_type,
        case when converted_at is null then 0.0 else 1.0 end as is_answered
    from contacts
    where
        customer_id is not null
        and sent_at < cast(cast($as_of as date) - 30 as timestamp)
),

overall as (
    select
        (coalesce(sum(is_answered), 0) + $response_prior_weight * $response_prior)
        / (count(*) + $response_prior_weight) as rate
    from answered
),

by_channel as (
    select
        channels.channel_id,
        (coalesce(sum(answered.is_answered), 0) + $response_prior_weight * any_value(overall.rate))
        / (count(answered.is_answered) + $response_prior_weight) as rate
    from channels
    cross join overall
    left join answered on channels.channel_id = answered.channel_id
    group by channels.channel_id
)

select
    by_channel.channel_id,
    types.content_type,
    (
        coalesce(sum(answered.is_answered), 0)
        + $response_prior_weight * any_value(by_channel.rate)
    ) / (count(answered.is_answered) + $response_prior_weight) as rate
from by_channel
cross join (select distinct content_type from contents) as types
left join answered
    on by_channel.channel_id = answered.channel_id and types.content_type = answered.content_type
group by by_channel.channel_id, types.content_type
"""

OWN_ANSWERS = """
select
    customer_id,
    cast(sum(case when converted_at is null then 0 else 1 end) as double) as n_answered,
    cast(count(*) as double) as n_touched
from contacts
where customer_id is not null and sent_at < cast(cast($as_of as date) - 30 as timestamp)
group by customer_id
"""

#: What an order is worth where nothing is known of a customer's own.
WORTH = """
select cast(sum(monetary_value) as double) / count(monetary_value) as of_all from customers
"""

#: Per customer: the days tried, the worth of an order, and what stops every contact.
PEOPLE = """
with waiting as (
    select distinct customer_id from previous_actions
    where status = 'planned' and cast(scheduled_at as date) >= cast($as_of as date)
)

select
    customers.customer_id,
    customers.channel_preference,
    customers.influence_value,
    customers.preferred_iso_weekday,
    customers.preferred_hour,
    customers.consent_email,
    customers.consent_sms,
    customers.consent_social,
    customers.consent_phone,
    customers.consent_mail,
    cast(
        coalesce((customers.preferred_iso_weekday - isodow(cast($as_of as date)) + 7) % 7, 0)
        as integer
    ) as day_offset,
    coalesce(cast(customers.monetary_value as double), worth.of_all, 0) as order_worth,
    coalesce(worth.of_all, 0) as follower_worth,
    case
        when duties.customer_id is not null then 'open_issue'
        when waiting.customer_id is not null then 'planned_already'
    end as stopped_by
from customers
cross join worth
left join (select distinct customer_id from duties) as duties
    on customers.customer_id = duties.customer_id
left join waiting on customers.customer_id = waiting.customer_id
"""

#: Customer x day x channel, with consent as it is on the as-of date and the touches that count.
WAYS = """
with days as (
    select
        people.customer_id,
        steps.step,
        cast($as_of as date) + cast((people.day_offset + steps.step) % 7 as integer)
            as scheduled_date
    from people
    cross join steps
),

counted as (
    select days.customer_id, days.scheduled_date, touched.channel_id, count(*) as n_touches
    from days
    inner join touched
        on
            days.customer_id = touched.customer_id
            and touched.touch_date > days.scheduled_date - 7
            and touched.touch_date <= days.scheduled_date
    group by days.customer_id, days.scheduled_date, touched.channel_id
),

asked as (
    select
        days.customer_id,
        days.scheduled_date,
        days.step,
        channels.channel_id,
        channels.channel,
        channels.max_per_7d,
        cast(channels.unit_cost as double) as cost,
        case channels.channel
            when 'email' then people.consent_email
            when 'sms' then people.consent_sms
            when 'social' then people.consent_social
            when 'phone' then people.consent_phone
            when 'mail' then people.consent_mail
        end as consent,
        people.channel_preference
    from days
    inner join people on days.customer_id = people.customer_id
    cross join channels
    inner join allowed_channels on channels.channel = allowed_channels.channel
)

select
    asked.customer_id,
    asked.scheduled_date,
    asked.channel_id,
    asked.channel,
    asked.cost,
    case
        when asked.consent then 'granted'
        when asked.consent is null and $consent_when_unknown = 'assume' then 'assumed'
    end as consent_basis,
    coalesce(counted.n_touches, 0) >= asked.max_per_7d as is_capped,
    (case when asked.step = 0 then 1.0 else $off_day end)
    * (
        case
            when coalesce(asked.channel_preference = asked.channel_id, true) then 1.0
            else $off_channel
        end
    ) as context_w
from asked
left join counted
    on
        asked.customer_id = counted.customer_id
        and asked.scheduled_date = counted.scheduled_date
        and asked.channel_id = counted.channel_id
"""

#: Every option: what it may bring, what it costs, and what stops it. Benefit is effect x fit x
#: worth, the effect being measured where contacts were once drawn at random, else p x lever.
OPTIONS = """
with joined as (
    select
        ways.customer_id,
        ways.scheduled_date,
        ways.channel_id,
        offered.content_id,
        offered.content_type,
        offered.objective,
        offered.rule_id,
        offered.rule_no,
        offered.content_place,
        offered.figure,
        ways.consent_basis,
        case
            when people.stopped_by is not null then people.stopped_by
            when held_out.customer_id is not null then 'held_out'
            when ways.consent_basis is null then 'no_consent'
            when ways.is_capped then 'cap_per_7_days'
            else ruled_out.ruled_out_by
        end as blocked_by,
        (
            coalesce(own_answers.n_answered, 0) + $response_prior_weight * rates.rate
        ) / (coalesce(own_answers.n_touched, 0) + $response_prior_weight) as p,
        ways.context_w,
        $margin_share
        * coalesce(cast(offered.value_per_conversion as double), people.order_worth) as value,
        offered.lever,
        coalesce(exact.uplift, anything.uplift) as uplift,
        case when exact.uplift is null then anything.uplift_low else exact.uplift_low end
            as uplift_low,
        case when exact.uplift is null then anything.uplift_high else exact.uplift_high end
            as uplift_high,
        coalesce(exact.is_amount, anything.is_amount, false) as is_amount,
        people.influence_value,
        people.follower_worth * $margin_share as follower_worth,
        ways.cost
    from ways
    inner join people on ways.customer_id = people.customer_id
    inner join offered on ways.customer_id = offered.customer_id
    inner join rates
        on ways.channel_id = rates.channel_id and offered.content_type = rates.content_type
    left join own_answers on ways.customer_id = own_answers.customer_id
    left join ruled_out
        on
            ways.customer_id = ruled_out.customer_id
            and ways.channel = ruled_out.channel
            and offered.content_type = ruled_out.content_type
    left join held_out
        on ways.customer_id = held_out.customer_id and offered.objective = held_out.objective
    left join uplift as exact
        on
            ways.customer_id = exact.customer_id
            and ways.channel = exact.channel
            and offered.content_type = exact.content_type
    left join uplift as anything
        on ways.customer_id = anything.customer_id and anything.channel is null
),

valued as (
    select
        *,
        round(
            coalesce(uplift, p * lever) * context_w * (
                case when is_amount then 1.0 else value end
                + case when is_amount then 0.0 else 1.0 end
                * $influence_weight * coalesce(influence_value, 0) * follower_worth
            ) - cost, 6
        ) as score
    from joined
)

select
    customer_id,
    scheduled_date,
    channel_id,
    content_id,
    content_type,
    objective,
    rule_id,
    cast(rule_no as integer) as rule_no,
    figure,
    consent_basis,
    blocked_by,
    round(p, 6) as p,
    round(context_w, 6) as context_w,
    round(value, 6) as value,
    case when uplift is null then lever end as lever,
    round(uplift, 6) as uplift,
    round(uplift_low * case when is_amount then 1.0 else value end, 6) as gain_low,
    round(uplift * case when is_amount then 1.0 else value end, 6) as gain,
    round(uplift_high * case when is_amount then 1.0 else value end, 6) as gain_high,
    influence_value,
    cost,
    score
from valued
order by
    -- Of equal options the first is taken: the rule book's order decides then.
    customer_id, scheduled_date, rule_no, content_place, channel_id, content_id
"""
