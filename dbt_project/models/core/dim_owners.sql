with

owners as (

    {{ current_version(ref('stg_owners'), key=['owner_source_id'], event_time='known_at') }}

),

organizations as (

    select * from {{ ref('dim_organizations') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

owners_described as (

    select
        {{ entity_id('owner_source_id') }} as owner_id,
        {{ entity_id('manager_source_id') }} as manager_id,
        coalesce(name, owner_source_id) as name,
        team
    from owners

),

owners_named as (

    select owner_id from owners_described
    union distinct
    select owner_id from organizations
    where owner_id is not null
    union distinct
    select owner_id from opportunities
    where owner_id is not null

),

-- A placeholder stands for each owner that is named and that no source describes.
owners_completed as (

    select
        ---------- ids
        owners_named.owner_id,
        owners_described.manager_id,
        ---------- text
        owners_described.name,
        owners_described.team,
        ---------- booleans
        owners_described.owner_id is null as is_unknown,
        {{ is_synthetic() }} as is_synthetic
    from owners_named
    left join owners_described on owners_named.owner_id = owners_described.owner_id

)

select * from owners_completed
