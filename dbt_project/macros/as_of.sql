{# The only way to cut rows at a point in time. #}

{# The first instant, in UTC, that a run no longer sees: 00:00 of the as-of date where the company
   is. #}
{% macro as_of_at() -%}
    {{ to_utc("cast('" ~ as_of_text() ~ "' as timestamp)") }}
{%- endmacro %}

{# The instant so many days before. #}
{% macro days_before_as_of(days) -%}
    {{ add_days(as_of_at(), '-' ~ days) }}
{%- endmacro %}

{# The instant, in UTC, at which a date begins where the company is. #}
{% macro local_midnight(date) -%}
    {{ to_utc("cast(" ~ date ~ " as timestamp)") }}
{%- endmacro %}

{# Whether a row had happened and was known before the as-of date began. A NULL event time or
   known_at does not hide a row: such rows count as known since the source's first event. #}
{% macro is_visible(event_time, known_at) -%}
    (
        coalesce(cast({{ event_time }} as timestamp) < {{ as_of_at() }}, true)
        and coalesce({{ known_at }} < {{ as_of_at() }}, true)
    )
{%- endmacro %}

{# When a landed fact counts as known, by the rule its source declares: with its event (plus a
   lag), or when its batch was first landed. NULL: since the source's first event. #}
{% macro known_at(event_time) -%}
    case
        when known_at_rule = 'landing' then landed_at
        else {{ add_days(event_time, 'coalesce(known_at_lag_days, 0)') }}
    end
{%- endmacro %}

{# The rows of a staging model that core may read: accepted, visible as of the date, and of each
   key the latest version only (a later batch corrects an earlier one). Few keys repeat, so only
   those are ranked: a window over all rows would sort the largest table of the house. #}
{% macro current_version(staged, key, event_time) -%}
    {%- set keys = (['source_system'] + key) | join(', ') -%}
    with visible as (

        select * from {{ staged }}
        where reject_reason is null and {{ is_visible(event_time, 'known_at') }}

    ),

    repeated_keys as (

        select {{ keys }}
        from visible
        group by {{ keys }}
        having count(*) > 1

    ),

    versions_ranked as (

        select
            visible.batch_id,
            visible.record_no,
            cast(row_number() over (
                partition by {% for name in ['source_system'] + key -%}
                visible.{{ name }}{{ ', ' if not loop.last }}
                {%- endfor %}
                order by
                    visible.known_at desc nulls last,
                    visible.landing_sequence desc nulls last,
                    visible.record_no desc nulls last,
                    visible.batch_id desc nulls last
            ) as bigint) as version_rank
        from visible
        inner join repeated_keys
            on {% for name in ['source_system'] + key -%}
            visible.{{ name }} = repeated_keys.{{ name }}{{ ' and ' if not loop.last }}
            {%- endfor %}

    )

    select * from visible
    where not exists (
        select 1 from versions_ranked
        where
            versions_ranked.version_rank > 1
            and versions_ranked.batch_id = visible.batch_id
            and versions_ranked.record_no = visible.record_no
    )
{%- endmacro %}

{# How many rows fall in the days before the as-of date. #}
{% macro count_of_last_days(days, moment) -%}
    cast(sum(case when {{ moment }} >= {{ days_before_as_of(days) }} then 1 else 0 end) as bigint)
{%- endmacro %}

{# How much money the rows in the days before the as-of date add up to. #}
{% macro amount_of_last_days(days, moment, amount) -%}
    cast(
        sum(case when {{ moment }} >= {{ days_before_as_of(days) }} then {{ amount }} else 0 end)
        as decimal(18, 2)
    )
{%- endmacro %}

{# A moment if it lies before the as-of date, else NULL: what came of a fact later is not known. #}
{% macro before_as_of(moment) -%}
    case when {{ moment }} < {{ as_of_at() }} then {{ moment }} end
{%- endmacro %}
