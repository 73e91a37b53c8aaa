with

-- The cut at the as-of date comes after the campaign's start has stood in for a missing moment.
contacts as (

    {{ current_version(ref('stg_contacts'), key=['contact_source_id'], event_time='sent_at') }}

),

own_contacts as (

    select * from {{ ref('int_own_contacts') }}

),

own_keys as (

    select idempotency_key from {{ source('identity', 'sent_messages') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

channels as (

    select * from {{ ref('dim_channels') }}

),

redemptions as (

    select * from {{ ref('fct_redemptions') }}

),

contacts_dated as (

    select
        ---------- ids
        {{ entity_id('contact_source_id', 'contacts') }} as contact_id,
        cast(null as varchar) as strategy_action_id,
        identities.customer_id,
        {{ entity_id('campaign_source_id', 'contacts') }} as campaign_id,
        cast(null as varchar) as content_id,
        ---------- text
        contacts.channel,
        contacts.content_type,
        contacts.outcome,
        ---------- numbers
        contacts.cost,
        ---------- booleans
        contacts.sent_at is null as is_sent_at_assumed,
        ---------- timestamps
        coalesce(contacts.sent_at, {{ local_midnight('campaigns.start_date') }}) as sent_at,
        {{ before_as_of('contacts.delivered_at') }} as delivered_at,
        {{ before_as_of('contacts.opened_at') }} as opened_at,
        {{ before_as_of('contacts.clicked_at') }} as clicked_at,
        {{ before_as_of('contacts.converted_at') }} as converted_at
    from contacts
    left join identities
        on
            contacts.source_system = identities.source_system
            and contacts.customer_source_id = identities.source_record_id
    left join campaigns
        on
            contacts.source_system = campaigns.source_system
            and contacts.campaign_source_id = campaigns.campaign_source_id
    left join own_keys on contacts.contact_source_id = own_keys.idempotency_key
    where own_keys.idempotency_key is null

),

contacts_of_all as (

    select * from contacts_dated
    union all
    select
        contact_id,
        strategy_action_id,
        customer_id,
        campaign_id,
        content_id,
        channel,
        content_type,
        outcome,
        cost,
        false as is_sent_at_assumed,
        sent_at,
        delivered_at,
        opened_at,
        clicked_at,
        converted_at
    from own_contacts

),

-- The first coupon of the same campaign that the customer redeemed from that moment on.
contacts_responded as (

    select
        contacts_of_all.contact_id,
        cast(min(redemptions.redeemed_at) as timestamp) as converted_at
    from contacts_of_all
    inner join redemptions
        on
            contacts_of_all.customer_id = redemptions.customer_id
            and contacts_of_all.campaign_id = redemptions.campaign_id
            and contacts_of_all.sent_at <= redemptions.redeemed_at
    group by contacts_of_all.contact_id

),

contacts_joined_to_responses as (

    select
        ---------- ids
        contacts_of_all.contact_id,
        contacts_of_all.strategy_action_id,
        contacts_of_all.customer_id,
        contacts_of_all.campaign_id,
        channels.channel_id,
        contacts_of_all.content_id,
        ---------- text
        contacts_of_all.content_type,
        coalesce(
            contacts_of_all.outcome,
            case when contacts_responded.converted_at is not null then 'redeemed' end
        ) as outcome,
        ---------- numbers
        contacts_of_all.cost,
        ---------- booleans
        contacts_of_all.is_sent_at_assumed,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        contacts_of_all.sent_at,
        contacts_of_all.delivered_at,
        contacts_of_all.opened_at,
        contacts_of_all.clicked_at,
        coalesce(
            case
                when contacts_of_all.converted_at >= contacts_of_all.sent_at
                    then contacts_of_all.converted_at
            end,
            contacts_responded.converted_at
        ) as converted_at
    from contacts_of_all
    left join channels on contacts_of_all.channel = channels.channel_id
    left join contacts_responded on contacts_of_all.contact_id = contacts_responded.contact_id
    where contacts_of_all.sent_at is not null

)

select * from contacts_joined_to_responses
