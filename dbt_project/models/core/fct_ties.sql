with

ties as (

    {{ current_version(ref('stg_ties'), key=['tie_type', 'tie_source_id'], event_time='tied_at') }}

),

-- Whatever an end may be, customer or organization, under its kind and the source's identifier.
ends_known as (

    select
        source_system,
        'customer' as end_type,
        source_record_id as end_source_id,
        customer_id as end_id
    from {{ source('identity', 'records') }}
    union all
    select
        source_system,
        'organization' as end_type,
        organization_source_id as end_source_id,
        organization_id as end_id
    from {{ ref('dim_organizations') }}

),

-- A tie to somebody unknown stays, under the source's identifier, and says so; so does a tie to
-- oneself.
ties_identified as (

    select
        ---------- ids
        ties.source_system || ':' || ties.tie_type || ':' || ties.tie_source_id as tie_id,
        coalesce(sources.end_id, {{ entity_id('from_source_id', 'ties') }}) as src_id,
        coalesce(targets.end_id, {{ entity_id('to_source_id', 'ties') }}) as dst_id,
        ---------- text
        ties.tie_type,
        ties.from_type as src_type,
        ties.to_type as dst_type,
        ---------- numbers
        ties.strength as stated_strength,
        ties.strength_most as stated_strength_most,
        {{ share_of('ties.strength', 'ties.strength_most') }} as stated_strength_share,
        ---------- booleans
        ties.from_type = ties.to_type
        and coalesce(sources.end_id, {{ entity_id('from_source_id', 'ties') }})
        = coalesce(targets.end_id, {{ entity_id('to_source_id', 'ties') }}) as is_with_self,
        sources.end_id is null as is_unknown_src,
        targets.end_id is null as is_unknown_dst,
        coalesce(ties.ends_on >= {{ as_of_date() }}, true) as is_current,
        {{ is_synthetic() }} as is_synthetic,
        ---------- dates
        ties.ends_on,
        ---------- timestamps
        ties.tied_at as valid_from
    from ties
    left join ends_known as sources
        on
            ties.source_system = sources.source_system
            and ties.from_type = sources.end_type
            and ties.from_source_id = sources.end_source_id
    left join ends_known as targets
        on
            ties.source_system = targets.source_system
            and ties.to_type = targets.end_type
            and ties.to_source_id = targets.end_source_id

)

select * from ties_identified
