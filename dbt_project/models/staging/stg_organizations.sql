with

source as (

    select * from {{ source('landing', 'landing_organizations') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('organization_source_id', 'text') }} as organization_source_id,
        {{ cast_or_null('parent_organization_source_id', 'text') }}
            as parent_organization_source_id,
        {{ cast_or_null('owner_source_id', 'text') }} as owner_source_id,
        ---------- text
        {{ cast_or_null('name', 'text') }} as name,
        {{ cast_or_null('industry', 'text') }} as industry,
        {{ cast_or_null('employee_band', 'text') }} as employee_band,
        {{ cast_or_null('country_code', 'text') }} as country_code,
        {{ cast_or_null('domain_name', 'text') }} as domain_name,
        ---------- timestamps
        {{ known_at('cast(null as timestamp)') }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'organization_source_id': 'required text',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['organization_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
