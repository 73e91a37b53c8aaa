with

-- The cut at the as-of date comes after the campaign's start has stood in for a missing moment.
contacts as (

    {{ current_version(ref('stg_contacts'), key=['contact_source_id'], event_time='sent_at') }}

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
        identities.customer_id,
        {{ entity_id('campaign_source_id', 'contacts') }} as campaign_id,
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

),

-- The first coupon of the same campaign that the customer redeemed from that moment on.
contacts_responded as (

    select
        contacts_dated.contact_id,
        cast(min(redemptions.redeemed_at) as timestamp) as converted_at
    from contacts_dated
    inner join redemptions
        on
            contacts_dated.customer_id = redemptions.customer_id
            and contacts_dated.campaign_id = redemptions.campaign_id
            and contacts_dated.sent_at <= redemptions.redeemed_at
    group by contacts_dated.contact_id

),

contacts_joined_to_responses as (

    select
        ---------- ids
        contacts_dated.contact_id,
        cast(null as varchar) as strategy_action_id,
        contacts_dated.customer_id,
        contacts_dated.campaign_id,
        channels.channel_id,
        cast(null as varchar) as content_id,
        ---------- text
        contacts_dated.content_type,
        coalesce(
            contacts_dated.outcome,
            case when contacts_responded.converted_at is not null then 'redeemed' end
        ) as outcome,
        ---------- numbers
        contacts_dated.cost,
        ---------- booleans
        contacts_dated.is_sent_at_assumed,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        contacts_dated.sent_at,
        contacts_dated.delivered_at,
        contacts_dated.opened_at,
        contacts_dated.clicked_at,
        coalesce(
            case
                when contacts_dated.converted_at >= contacts_dated.sent_at
                    then contacts_dated.converted_at
            end,
            contacts_responded.converted_at
        ) as converted_at
    from contacts_dated
    left join channels on contacts_dated.channel = channels.channel_id
    left join contacts_responded on contacts_dated.contact_id = contacts_responded.contact_id
    where contacts_dated.sent_at is not null

)

select * from contacts_joined_to_responses
