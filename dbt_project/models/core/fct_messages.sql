with

messages as (

    {{ current_version(ref('stg_messages'), key=['message_source_id'], event_time='sent_at') }}

),

tags as (

    {{ current_version(
        ref('stg_message_tags'), key=['message_source_id'], event_time='tagged_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

texts as (

    select * from {{ source('text', 'masked_texts') }}

),

labels as (

    select * from {{ source('ml', 'text_labels') }}

),

conversations_last_answered as (

    select
        source_system,
        conversation_source_id,
        cast(max(sent_at) as timestamp) as answered_at
    from messages
    where direction = 'out' and conversation_source_id is not null
    group by source_system, conversation_source_id

),

-- What a customer wrote is open until an answer follows or its matter is closed; praise and thanks
-- wait for nobody.
messages_described as (

    select
        ---------- ids
        {{ entity_id('message_source_id', 'messages') }} as message_id,
        {{ entity_id('conversation_source_id', 'messages') }} as conversation_id,
        identities.customer_id,
        {{ text_id('messages', 'message_source_id', 'text_token') }} as text_id,
        messages.text_token,
        ---------- text
        messages.channel,
        messages.direction,
        texts.masked_text as text,
        texts.language_code,
        labels.label as intent,
        tags.intent as agent_intent,
        labels.need,
        labels.topic,
        labels.summary,
        ---------- numbers
        labels.probability as intent_probability,
        labels.sentiment,
        ---------- booleans
        coalesce(labels.is_complaint, false) as is_complaint,
        coalesce(labels.is_urgent, false) as is_urgent,
        messages.direction = 'in'
        and coalesce(labels.needs_answer, true)
        and not coalesce(conversations_last_answered.answered_at > messages.sent_at, false)
        and not coalesce(messages.resolved_at < {{ as_of_at() }}, false) as is_open_issue,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        messages.sent_at,
        case
            when messages.direction = 'in' and coalesce(labels.needs_answer, true)
                then {{ add_hours(
                    'messages.sent_at', 'coalesce(labels.answer_within_hours, 24)'
                ) }}
        end as answer_due_at,
        {{ before_as_of('messages.resolved_at') }} as resolved_at
    from messages
    left join identities
        on
            messages.source_system = identities.source_system
            and messages.customer_source_id = identities.source_record_id
    left join tags
        on
            messages.source_system = tags.source_system
            and messages.message_source_id = tags.message_source_id
    left join texts
        on {{ text_id('messages', 'message_source_id', 'text_token') }} = texts.text_id
    left join labels
        on {{ text_id('messages', 'message_source_id', 'text_token') }} = labels.text_id
    left join conversations_last_answered
        on
            messages.source_system = conversations_last_answered.source_system
            and messages.conversation_source_id
            = conversations_last_answered.conversation_source_id

)

select * from messages_described
