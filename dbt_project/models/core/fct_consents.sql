with

consents as (

    {{ current_version(
        ref('stg_consents'), key=['consent_source_id'], event_time='occurred_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

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

)

select * from consents_identified
