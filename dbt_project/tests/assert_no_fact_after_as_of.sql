{#- Every moment of core that may not lie ahead. -#}
{%- set moments = [
    ('fct_order_items', 'ordered_at'), ('fct_orders', 'ordered_at'), ('fct_orders', 'paid_at'),
    ('fct_orders', 'shipped_at'), ('fct_contacts', 'sent_at'), ('fct_contacts', 'delivered_at'),
    ('fct_contacts', 'opened_at'), ('fct_contacts', 'clicked_at'), ('fct_contacts', 'converted_at'),
    ('fct_redemptions', 'redeemed_at'), ('fct_page_views', 'viewed_at'),
    ('fct_sessions', 'ended_at'), ('fct_reviews', 'reviewed_at'), ('fct_messages', 'sent_at'),
    ('fct_messages', 'resolved_at'), ('fct_social_interactions', 'occurred_at'),
    ('fct_ties', 'valid_from'), ('fct_assignments', 'assigned_at'), ('fct_outcomes', 'observed_at'),
    ('fct_opportunities', 'opened_at'), ('fct_consents', 'occurred_at'), ('fct_surveys', 'survey_at'),
    ('dim_products', 'last_sold_at'), ('dim_customers', 'last_seen_at'),
    ('dim_customers', 'first_seen_at'), ('dim_customers_history', 'known_from'),
] -%}
-- One row from the as-of date or later would let the future into every feature and score.
with

latest as (

    select
        'dim_campaigns' as table_name,
        {{ local_midnight('cast(max(start_date) as date)') }} as latest_at
    from {{ ref('dim_campaigns') }}
    {%- for table, moment in moments %}
    union all
    select
        '{{ table }}' as table_name,
        cast(max({{ moment }}) as timestamp) as latest_at
    from {{ ref(table) }}
    {%- endfor %}

)

select table_name
from latest
where latest_at >= {{ as_of_at() }}
