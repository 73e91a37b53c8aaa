with

source as (

    select * from {{ source('landing', 'landing_assignments') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('assignment_source_id', 'text') }} as assignment_source_id,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('cluster_source_id', 'text') }} as cluster_source_id,
        ---------- text
        {{ cast_or_null('arm', 'text') }} as arm,
        ---------- numbers
        {{ cast_or_null('saturation', 'number') }} as saturation,
        {{ cast_or_null('propensity', 'number') }} as propensity,
        ---------- timestamps
        {{ cast_or_null('assigned_at', 'timestamp') }} as assigned_at,
        {{ known_at(cast_or_null('assigned_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'assignment_source_id': 'required text',
            'campaign_source_id': 'required text',
            'customer_source_id': 'required text',
            'arm': 'required text',
            'saturation': 'number from 0 to 1',
            'propensity': 'number from 0 to 1',
            'assigned_at': 'required timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['assignment_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
