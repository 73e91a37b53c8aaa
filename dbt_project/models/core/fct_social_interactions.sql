with

interactions as (

    {{ current_version(
        ref('stg_social_interactions'), key=['interaction_source_id'], event_time='occurred_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

labels as (

    select * from {{ source('ml', 'text_labels') }}

),

people_mentioned as (

    {{ json_elements(
        'interactions', ['source_system', 'interaction_source_id'], 'mentioned_source_ids'
    ) }}

),

-- One record may be a reply and mention three people: four interactions. A record that speaks to
-- nobody is a post.
interactions_listed as (

    select
        source_system,
        interaction_source_id,
        target_source_id,
        coalesce(
            interaction_type,
            case when target_source_id is null then 'post' else 'reply' end
        ) as interaction_type,
        cast(0 as bigint) as place
    from interactions
    where
        target_source_id is not null
        or coalesce(mentioned_source_ids, '[]') = '[]'
        or coalesce(interaction_type, 'mention') <> 'mention'
    union all
    select
        source_system,
        interaction_source_id,
        element as target_source_id,
        'mention' as interaction_type,
        place
    from people_mentioned

),

interactions_identified as (

    select
        ---------- ids
        {{ entity_id('interaction_source_id', 'listed') }}
        || case when listed.place = 0 then '' else '#' || cast(listed.place as varchar) end
            as interaction_id,
        actors.customer_id as actor_customer_id,
        targets.customer_id as target_customer_id,
        {{ entity_id('actor_source_id', 'interactions') }} as actor_id,
        {{ entity_id('target_source_id', 'listed') }} as target_id,
        {{ text_id('social_interactions', 'interaction_source_id', 'text_token', 'interactions') }}
            as text_id,
        interactions.text_token,
        ---------- text
        interactions.platform,
        listed.interaction_type,
        ---------- numbers
        labels.sentiment,
        ---------- booleans
        actors.customer_id is null as is_unknown_actor,
        listed.target_source_id is not null and targets.customer_id is null
            as is_unknown_target,
        coalesce(
            interactions.actor_source_id = listed.target_source_id
            or actors.customer_id = targets.customer_id,
            false
        ) as is_with_self,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        interactions.occurred_at
    from interactions_listed as listed
    inner join interactions
        on
            listed.source_system = interactions.source_system
            and listed.interaction_source_id = interactions.interaction_source_id
    left join identities as actors
        on
            interactions.source_system = actors.source_system
            and interactions.actor_source_id = actors.source_record_id
    left join labels
        on
            {{ text_id(
                'social_interactions', 'interaction_source_id', 'text_token', 'interactions'
            ) }} = labels.text_id
    left join identities as targets
        on
            listed.source_system = targets.source_system
            and listed.target_source_id = targets.source_record_id

)

select * from interactions_identified
