with

customers as (

    select * from {{ ref('dim_customers') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}
    where customer_id is not null

),

redemptions as (

    select * from {{ ref('fct_redemptions') }}
    where customer_id is not null

),

-- Without any touch or redemption on record the figures are unknown, not zero.
contacts_recorded as (

    select cast(count(*) as bigint) > 0 as has_contacts from contacts

),

redemptions_recorded as (

    select cast(count(*) as bigint) > 0 as has_redemptions from redemptions

),

contacts_summed_per_customer as (

    select
        customer_id,
        cast(count(*) as bigint) as count_contacts,
        cast(count(converted_at) as bigint) as count_responses,
        {{ count_of_last_days(30, 'sent_at') }} as contacts_30d,
        cast(max({{ to_local('sent_at') }}) as date) as last_contact_date
    from contacts
    group by customer_id

),

responses_counted_per_channel as (

    select
        customer_id,
        channel_id,
        cast(count(*) as bigint) as count_responses
    from contacts
    where converted_at is not null and channel_id is not null
    group by customer_id, channel_id

),

channels_ranked as (

    select
        customer_id,
        channel_id,
        cast(row_number() over (
            partition by customer_id
            order by count_responses desc nulls last, channel_id asc nulls last
        ) as bigint) as channel_rank
    from responses_counted_per_channel

),

redemptions_summed_per_customer as (

    select
        customer_id,
        {{ count_of_last_days(90, 'redeemed_at') }} as redemptions_90d,
        {{ count_of_last_days(365, 'redeemed_at') }} as redemptions_365d
    from redemptions
    group by customer_id

),

customers_described as (

    select
        ---------- ids
        customers.customer_id,
        ---------- text
        channels_ranked.channel_id as channel_preference,
        ---------- numbers
        case
            when contacts_recorded.has_contacts
                then coalesce(contacts_summed_per_customer.contacts_30d, 0)
        end as contacts_30d,
        {{ days_between('contacts_summed_per_customer.last_contact_date', as_of_date()) }}
            as last_contact_days,
        case
            when redemptions_recorded.has_redemptions
                then coalesce(redemptions_summed_per_customer.redemptions_90d, 0)
        end as redemptions_90d,
        case
            when redemptions_recorded.has_redemptions
                then coalesce(redemptions_summed_per_customer.redemptions_365d, 0)
        end as redemptions_365d,
        case
            when redemptions_recorded.has_redemptions
                then {{ share_of(
                    'contacts_summed_per_customer.count_responses',
                    'contacts_summed_per_customer.count_contacts'
                ) }}
        end as response_share,
        cast(null as double) as open_rate_90d,
        cast(null as double) as click_rate_90d,
        ---------- booleans
        cast(null as boolean) as consent_email,
        cast(null as boolean) as consent_sms,
        cast(null as boolean) as consent_social,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    cross join contacts_recorded
    cross join redemptions_recorded
    left join contacts_summed_per_customer
        on customers.customer_id = contacts_summed_per_customer.customer_id
    left join channels_ranked
        on
            customers.customer_id = channels_ranked.customer_id
            and channels_ranked.channel_rank = 1
    left join redemptions_summed_per_customer
        on customers.customer_id = redemptions_summed_per_customer.customer_id

)

select * from customers_described
