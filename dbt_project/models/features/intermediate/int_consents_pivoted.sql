with

consents as (

    select * from {{ ref('dim_customer_consents') }}

),

consents_pivoted as (

    select
        customer_id,
        {% for channel in ['email', 'sms', 'social', 'phone', 'mail'] -%}
        cast(max(case when channel = '{{ channel }}' and is_granted then 1
            when channel = '{{ channel }}' then 0 end) as integer) = 1 as consent_{{ channel }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from consents
    group by customer_id

)

select * from consents_pivoted
