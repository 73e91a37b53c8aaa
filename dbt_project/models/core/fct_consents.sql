with

consents as (

    {{ current_version(
        ref('stg_consents'), key=['consent_source_id'], event_time='occurred_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

sent_messages as (

    select * from {{ source('identity', 'sent_messages') }}

),

-- Who answered a touch with a refusal: of each touch the first.
opt_outs as (

    select
        source_system,
        contact_source_id,
        max(customer_source_id) as customer_source_id,
        max(channel) as channel,
        cast(min(opted_out_at) as timestamp) as occurred_at
    from {{ ref('stg_contacts') }}
    where reject_reason is null and {{ is_visible('opted_out_at', 'known_at') }}
    group by source_system, contact_source_id
    having min(opted_out_at) is not null

),

opt_outs_from_others as (

    select
        {{ entity_id('contact_source_id', 'opt_outs') }} || ':opt-out' as consent_event_id,
        identities.customer_id,
        {{ entity_id('customer_source_id', 'opt_outs') }} as customer_record_id,
        opt_outs.channel,
        opt_outs.occurred_at
    from opt_outs
    left join identities
        on
            opt_outs.source_system = identities.source_system
            and opt_outs.customer_source_id = identities.source_record_id
    where opt_outs.customer_source_id is not null

),

-- A message of ours went to the customer, whatever records there are: each of them refuses.
opt_outs_from_us as (

    select
        'outbox:' || sent_messages.idempotency_key || ':'
        || {{ entity_id('source_record_id', 'identities') }} as consent_event_id,
        identities.customer_id,
        {{ entity_id('source_record_id', 'identities') }} as customer_record_id,
        sent_messages.channel,
        cast(min(opt_outs.occurred_at) as timestamp) as occurred_at
    from opt_outs
    inner join sent_messages on opt_outs.contact_source_id = sent_messages.idempotency_key
    inner join identities on sent_messages.customer_id = identities.customer_id
    group by
        sent_messages.idempotency_key,
        identities.customer_id,
        identities.source_system,
        identities.source_record_id,
        sent_messages.channel

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
