with

consents as (

    {{ current_version(
        ref('stg_consents'), key=['consent_source_id'], event_time='occurred_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

contacts as (

    {{ current_version(
        ref('stg_contacts'), key=['contact_source_id'], event_time='opted_out_at'
    ) }}

),

own_contacts as (

    select * from {{ ref('int_own_contacts') }}

),

opt_outs_from_others as (

    select
        {{ entity_id('contact_source_id', 'contacts') }} || ':opt-out' as consent_event_id,
        identities.customer_id,
        {{ entity_id('customer_source_id', 'contacts') }} as customer_record_id,
        contacts.channel,
        contacts.opted_out_at as occurred_at
    from contacts
    left join identities
        on
            contacts.source_system = identities.source_system
            and contacts.customer_source_id = identities.source_record_id
    where contacts.opted_out_at is not null and contacts.customer_source_id is not null

),

-- A message of ours went to the customer, whatever records there are: each of them refuses.
opt_outs_from_us as (

    select
        own_contacts.contact_id || ':'
        || {{ entity_id('source_record_id', 'identities') }} as consent_event_id,
        identities.customer_id,
        {{ entity_id('source_record_id', 'identities') }} as customer_record_id,
        own_contacts.channel,
        own_contacts.opted_out_at as occurred_at
    from own_contacts
    inner join identities on own_contacts.customer_id = identities.customer_id
    where own_contacts.opted_out_at is not null

),

opt_outs_of_all as (

    select * from opt_outs_from_others
    union all
    select * from opt_outs_from_us

),

consents_identified as (

    select
        ---------- ids
        {{ entity_id('consent_source_id', 'consents') }} as consent_event_id,
        identities.customer_id,
        {{ entity_id('customer_source_id', 'consents') }} as customer_record_id,
        ---------- text
        consents.channel,
        consents.purpose,
        consents.status,
        consents.evidence as source,
        ---------- booleans
        consents.occurred_at is null as is_undated,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        consents.occurred_at
    from consents
    left join identities
        on
            consents.source_system = identities.source_system
            and consents.customer_source_id = identities.source_record_id

),

consents_with_opt_outs as (

    select * from consents_identified
    union all
    select
        ---------- ids
        consent_event_id,
        customer_id,
        customer_record_id,
        ---------- text
        channel,
        cast(null as varchar) as purpose,
        'withdrawn' as status,
        'opt-out' as source,
        ---------- booleans
        false as is_undated,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        occurred_at
    from opt_outs_of_all

)

select * from consents_with_opt_outs
