{#- The channels of which features know the consent. -#}
{%- set channels = ['email', 'sms', 'social', 'phone', 'mail'] -%}
with

consents as (

    select
        customer_id,
        channel,
        case when is_granted then 1 else 0 end as is_granted
    from {{ ref('dim_customer_consents') }}

),

consents_pivoted as (

    select
        {%- for channel in channels %}
        cast(max(case when channel = '{{ channel }}' then is_granted end) as integer) = 1
            as consent_{{ channel }},
        {%- endfor %}
        customer_id
    from consents
    group by customer_id

)

select * from consents_pivoted
