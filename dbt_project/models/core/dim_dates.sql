{#- Facts with the moment each happened: the calendar begins with the first of all. -#}
{%- set facts = {
    'fct_orders': 'ordered_at',
    'fct_contacts': 'sent_at',
    'fct_redemptions': 'redeemed_at',
    'fct_page_views': 'viewed_at',
    'fct_reviews': 'reviewed_at',
    'fct_messages': 'sent_at',
    'fct_social_interactions': 'occurred_at',
    'fct_opportunities': 'opened_at',
    'fct_outcomes': 'observed_at',
    'fct_surveys': 'survey_at',
} -%}
with

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

first_moments as (

    select cast(min(start_date) as timestamp) as first_at from campaigns
    {%- for fact, moment in facts.items() %}
    union all
    select cast(min({{ moment }}) as timestamp) as first_at from {{ ref(fact) }}
    {%- endfor %}

),

-- A broken year in one record must not make a calendar of a million days.
first_day as (

    select
        cast(
            greatest(
                coalesce({{ to_local('min(first_at)') }}, cast({{ as_of_date() }} as timestamp)),
                {{ days_before_as_of(36525) }}
            ) as date
        ) as date_day
    from first_moments

),

days as (

    {{ days_from_to(
        '(select date_day from first_day)',
        add_days('cast(' ~ as_of_date() ~ ' as timestamp)', 400)
    ) }}

),

days_described as (

    select
        ---------- text
        cast(null as varchar) as holiday_name,
        ---------- numbers
        {{ iso_weekday('date_day') }} as iso_weekday,
        {{ iso_week('date_day') }} as iso_week,
        {{ iso_year('date_day') }} as iso_year,
        cast(extract(quarter from date_day) as integer) as quarter,
        cast(extract(year from date_day) as integer) as year,
        ---------- booleans
        {{ iso_weekday('date_day') }} >= 6 as is_weekend,
        ---------- dates
        date_day,
        cast(date_trunc('month', date_day) as date) as month_start
    from days

)

select * from days_described
