with

orders as (

    select * from {{ ref('fct_orders') }}
    where ordered_at_rule <> 'none'

),

lines_read as (

    select * from {{ ref('stg_order_items') }}
    where reject_reason is null and {{ is_visible('ordered_at', 'known_at') }}

),

lines_undated as (

    select * from lines_read
    where ordered_at is null

),

order_items as (

    select * from {{ ref('fct_order_items') }}
    where ordered_at is not null

),

contacts as (

    select * from {{ ref('fct_contacts') }}
    where is_sent_at_assumed

),

lines_undated_named as (

    select distinct {{ entity_id('order_item_source_id') }} as order_item_id
    from lines_undated

),

-- One row per value that no source gave: what stood there is NULL in each of them.
values_filled as (

    select
        'core.fct_orders' as table_name,
        order_id as row_key,
        'ordered_at' as column_name,
        ordered_at_rule as rule,
        ordered_at as filled_at
    from orders
    union all
    select
        'core.fct_order_items' as table_name,
        order_items.order_item_id as row_key,
        'ordered_at' as column_name,
        'order' as rule,
        order_items.ordered_at as filled_at
    from lines_undated_named
    inner join order_items on lines_undated_named.order_item_id = order_items.order_item_id
    union all
    select
        'core.fct_contacts' as table_name,
        contact_id as row_key,
        'sent_at' as column_name,
        'campaign_start' as rule,
        sent_at as filled_at
    from contacts

),

imputations as (

    select
        ---------- text
        table_name,
        row_key,
        column_name,
        rule,
        cast(null as varchar) as old_value,
        cast(filled_at as varchar) as new_value,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic
    from values_filled

)

select * from imputations
