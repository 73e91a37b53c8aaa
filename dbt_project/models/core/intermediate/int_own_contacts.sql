with

sent_messages as (

    select * from {{ source('identity', 'sent_messages') }}

),

told as (

    select * from {{ ref('stg_contacts') }}
    where reject_reason is null and {{ is_visible('sent_at', 'known_at') }}

),

-- What came back by our keys: from any source, in any number of rows, of each kind the first.
messages_told_of as (

    select
        sent_messages.idempotency_key,
        cast(max(told.outcome) as varchar) as outcome,
        cast(min({{ before_as_of('told.delivered_at') }}) as timestamp) as delivered_at,
        cast(min({{ before_as_of('told.opened_at') }}) as timestamp) as opened_at,
        cast(min({{ before_as_of('told.clicked_at') }}) as timestamp) as clicked_at,
        cast(min({{ before_as_of('told.converted_at') }}) as timestamp) as converted_at,
        cast(min({{ before_as_of('told.opted_out_at') }}) as timestamp) as opted_out_at
    from sent_messages
    inner join told on sent_messages.idempotency_key = told.contact_source_id
    group by sent_messages.idempotency_key

),

messages_arrived as (

    select
        sent_messages.idempotency_key,
        'outbox:' || sent_messages.idempotency_key as contact_id,
        sent_messages.strategy_action_id,
        sent_messages.customer_id,
        sent_messages.campaign_id,
        sent_messages.content_id,
        sent_messages.channel,
        sent_messages.content_type,
        messages_told_of.outcome,
        sent_messages.cost,
        sent_messages.sent_at,
        messages_told_of.delivered_at,
        messages_told_of.opened_at,
        messages_told_of.clicked_at,
        messages_told_of.converted_at,
        messages_told_of.opted_out_at
    from sent_messages
    left join messages_told_of
        on sent_messages.idempotency_key = messages_told_of.idempotency_key
    where
        sent_messages.state = 'sent'
        or coalesce(
            messages_told_of.delivered_at,
            messages_told_of.opened_at,
            messages_told_of.clicked_at,
            messages_told_of.converted_at,
            messages_told_of.opted_out_at
        ) is not null

)

select * from messages_arrived
