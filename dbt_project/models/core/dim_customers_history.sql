{%- set attributes = [
    'customer_type', 'age_band', 'income_band', 'home_ownership', 'marital_status',
    'household_size', 'household_composition', 'kids_count',
] -%}
{%- set booleans = ["cast(is_loyalty_member as varchar)", "cast(is_deleted as varchar)"] -%}

with

versions_stated as (

    select * from {{ ref('int_customer_versions_stated') }}

),

versions_compared as (

    select
        *,
        {{ row_text(attributes + booleans) }} as stated,
        cast(lag({{ row_text(attributes + booleans) }}) over (
            partition by customer_id
            order by known_from asc nulls first
        ) as varchar) as stated_before
    from versions_stated

),

-- A record delivered again without a change adds no version.
versions_changed as (

    select
        *,
        cast(lead(known_from) over (
            partition by customer_id
            order by known_from asc nulls first
        ) as timestamp) as known_to,
        cast(row_number() over (
            partition by customer_id
            order by known_from asc nulls first
        ) as integer) as version_no
    from versions_compared
    where stated_before is null or stated <> stated_before

),

versions_dated as (

    select
        ---------- ids
        customer_id,
        ---------- text
        coalesce(customer_type, 'individual') as customer_type,
        {% for name in attributes[1:] -%}
        {{ name }},
        {% endfor -%}
        ---------- numbers
        version_no,
        ---------- booleans
        is_loyalty_member,
        known_to is null as is_current,
        is_deleted,
        ---------- timestamps
        case
            when version_no = 1 and registered_at < known_from then registered_at
            else known_from
        end as valid_from,
        known_to as valid_to,
        known_from,
        known_to
    from versions_changed

)

select * from versions_dated
