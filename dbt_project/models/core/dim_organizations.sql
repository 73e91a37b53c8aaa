with

organizations as (

    {{ current_version(
        ref('stg_organizations'),
        key=['organization_source_id'],
        event_time='known_at',
        keeps_deleted=true
    ) }}

),

organizations_described as (

    select
        ---------- ids
        {{ entity_id('organization_source_id') }} as organization_id,
        {{ entity_id('parent_organization_source_id') }} as parent_organization_id,
        {{ entity_id('owner_source_id') }} as owner_id,
        source_system,
        organization_source_id,
        ---------- text
        coalesce(name, 'Organization ' || organization_source_id) as name,
        industry,
        employee_band,
        country_code,
        domain_name,
        ---------- booleans
        is_deleted,
        {{ is_synthetic() }} as is_synthetic
    from organizations

)

select * from organizations_described
