with

source as (

    select * from {{ source('landing', 'landing_owners') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('owner_source_id', 'text') }} as owner_source_id,
        {{ cast_or_null('manager_source_id', 'text') }} as manager_source_id,
        ---------- text
        {{ cast_or_null('name', 'text') }} as name,
        {{ cast_or_null('team', 'text') }} as team,
        ---------- timestamps
        {{ known_at('cast(null as timestamp)') }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'owner_source_id': 'required text',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['owner_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
