with

messages as (

    select * from {{ ref('fct_messages') }}
    where conversation_id is not null

),

letters as (

    select
        *,
        cast(row_number() over (
            partition by conversation_id
            order by sent_at nulls last, message_id nulls last
        ) as bigint) as letter_rank,
        cast(row_number() over (
            partition by conversation_id
            order by sent_at desc nulls last, message_id desc nulls last
        ) as bigint) as letter_rank_from_last
    from messages
    where direction = 'in'

),

answers_found as (

    select
        letters.conversation_id,
        cast(min(messages.sent_at) as timestamp) as first_answered_at
    from letters
    inner join messages
        on
            letters.conversation_id = messages.conversation_id
            and messages.direction = 'out'
            and letters.sent_at < messages.sent_at
    where letters.letter_rank = 1
    group by letters.conversation_id

),

conversations_summed as (

    select
        conversation_id,
        cast(min(customer_id) as varchar) as customer_id,
        cast(min(channel) as varchar) as channel,
        cast(count(*) as bigint) as count_messages,
        cast(count(case when direction = 'in' then 1 end) as bigint) as count_from_customer,
        cast(min(sent_at) as timestamp) as started_at,
        cast(max(sent_at) as timestamp) as last_message_at,
        cast(max(case when is_complaint then 1 else 0 end) as bigint) > 0 as is_complaint,
        cast(max(case when is_urgent then 1 else 0 end) as bigint) > 0 as is_urgent,
        cast(max(case when is_open_issue then 1 else 0 end) as bigint) > 0 as is_open_issue,
        cast(min(case when is_open_issue then answer_due_at end) as timestamp) as answer_due_at
    from messages
    group by conversation_id

),

-- What was first asked says what a conversation is about; how the customer sounds last, how it
-- ended.
conversations_described as (

    select
        ---------- ids
        summed.conversation_id,
        summed.customer_id,
        ---------- text
        summed.channel,
        first_letters.intent,
        first_letters.need,
        first_letters.topic,
        ---------- numbers
        summed.count_messages,
        summed.count_from_customer,
        round(
            {{ hours_between('first_letters.sent_at', 'answers_found.first_answered_at') }}, 6
        ) as first_response_hours,
        first_letters.sentiment as sentiment_first,
        last_letters.sentiment as sentiment_last,
        ---------- booleans
        summed.is_complaint,
        summed.is_urgent,
        summed.is_open_issue,
        coalesce(summed.answer_due_at < {{ as_of_at() }}, false) as is_overdue,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        summed.started_at,
        answers_found.first_answered_at,
        summed.last_message_at,
        summed.answer_due_at
    from conversations_summed as summed
    left join letters as first_letters
        on
            summed.conversation_id = first_letters.conversation_id
            and first_letters.letter_rank = 1
    left join letters as last_letters
        on
            summed.conversation_id = last_letters.conversation_id
            and last_letters.letter_rank_from_last = 1
    left join answers_found on summed.conversation_id = answers_found.conversation_id

)

select * from conversations_described
