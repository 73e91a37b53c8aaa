with

source as (

    select * from {{ source('landing', 'landing_consents') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('consent_source_id', 'text') }} as consent_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        ---------- text
        {{ cast_or_null('channel', 'word') }} as channel,
        {{ cast_or_null('purpose', 'text') }} as purpose,
        {{ cast_or_null('status', 'word') }} as status,
        {{ cast_or_null('evidence', 'text') }} as evidence,
        ---------- timestamps
        {{ cast_or_null('occurred_at', 'timestamp') }} as occurred_at,
        {{ known_at(cast_or_null('occurred_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'consent_source_id': 'required text',
            'customer_source_id': 'required text',
            'channel': 'word in email|sms|social|phone|mail|web',
            'status': 'required word in granted|denied|withdrawn',
            'occurred_at': 'required timestamp',
        }) }} as first_reason
    from source

),

-- A no is heard even if its date is missing, broken or in the future: it holds from the start. A
-- yes needs a date that can be true.
refusals_heard as (

    select
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        consent_source_id,
        customer_source_id,
        channel,
        purpose,
        status,
        evidence,
        case when coalesce(first_reason, '') <> 'E_RANGE_occurred_at' then occurred_at end
            as occurred_at,
        case when coalesce(first_reason, '') <> 'E_RANGE_occurred_at' then known_at end
            as known_at,
        case
            when
                status in ('denied', 'withdrawn')
                and first_reason in (
                    'E_REQUIRED_occurred_at', 'E_TYPE_occurred_at', 'E_RANGE_occurred_at'
                )
                then cast(null as varchar)
            else first_reason
        end as reject_reason
    from typed

),

copies_marked as (

    select
        *,
        {{ is_copy(['consent_source_id']) }} as is_duplicate
    from refusals_heard

)

select * from copies_marked
