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

preferences as (

    select * from {{ ref('int_channel_preferences_chosen') }}

),

consents as (

    select * from {{ ref('int_consents_pivoted') }}

),

satisfaction as (

    select * from {{ ref('int_satisfaction_summed') }}

),

-- Without any touch or redemption on record the figures are unknown, not zero.
contacts_recorded as (

    select
        cast(count(*) as bigint) > 0 as has_contacts,
        cast(count(opened_at) as bigint) > 0 as has_opens,
        cast(count(clicked_at) as bigint) > 0 as has_clicks
    from contacts

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
        {{ count_of_last_days(90, 'sent_at') }} as contacts_90d,
        cast(count(
            case when sent_at >= {{ days_before_as_of(90) }} then opened_at end
        ) as bigint) as opened_90d,
        cast(count(
            case when sent_at >= {{ days_before_as_of(90) }} then clicked_at end
        ) as bigint) as clicked_90d,
        cast(max({{ to_local('sent_at') }}) as date) as last_contact_date
    from contacts
    group by customer_id

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
        preferences.channel_id as channel_preference,
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
        case
            when contacts_recorded.has_opens
                then {{ share_of(
                    'contacts_summed_per_customer.opened_90d',
                    'contacts_summed_per_customer.contacts_90d'
                ) }}
        end as open_rate_90d,
        case
            when contacts_recorded.has_clicks
                then {{ share_of(
                    'contacts_summed_per_customer.clicked_90d',
                    'contacts_summed_per_customer.contacts_90d'
                ) }}
        end as click_rate_90d,
        satisfaction.csat_last,
        satisfaction.nps_last,
        satisfaction.csat_avg_365d,
        ---------- booleans
        consents.consent_email,
        consents.consent_sms,
        consents.consent_social,
        consents.consent_phone,
        consents.consent_mail,
        ---------- dates
        {{ as_of_date() }} as as_of_date
    from customers
    cross join contacts_recorded
    cross join redemptions_recorded
    left join contacts_summed_per_customer
        on customers.customer_id = contacts_summed_per_customer.customer_id
    left join preferences on customers.customer_id = preferences.customer_id
    left join redemptions_summed_per_customer
        on customers.customer_id = redemptions_summed_per_customer.customer_id
    left join consents on customers.customer_id = consents.customer_id
    left join satisfaction on customers.customer_id = satisfaction.customer_id

)

select * from customers_described
