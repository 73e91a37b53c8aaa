{# What SQL engines spell differently, spelled once. Models use these instead of the engine's own
   words; a second engine adds its own spelling of each beside the one given here. #}

{# The value as a type, NULL where the text does not fit it. #}
{% macro cast_if_possible(value, type) -%}
    {{ adapter.dispatch('cast_if_possible', 'guanxi')(value, type) }}
{%- endmacro %}

{% macro duckdb__cast_if_possible(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{# Whether a text contains a match of a pattern, given as an SQL literal without backslashes. #}
{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches', 'guanxi')(text, pattern) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{# A timestamp so many days later. #}
{% macro add_days(moment, days) -%}
    {{ adapter.dispatch('add_days', 'guanxi')(moment, days) }}
{%- endmacro %}

{% macro duckdb__add_days(moment, days) -%}
    ({{ moment }} + to_days({{ days }}))
{%- endmacro %}

{# A timestamp so many hours later. #}
{% macro add_hours(moment, hours) -%}
    {{ adapter.dispatch('add_hours', 'guanxi')(moment, hours) }}
{%- endmacro %}

{% macro duckdb__add_hours(moment, hours) -%}
    ({{ moment }} + to_hours({{ hours }}))
{%- endmacro %}

{# Hours from one timestamp to another, negative if the second is earlier. #}
{% macro hours_between(first_moment, second_moment) -%}
    {{ adapter.dispatch('hours_between', 'guanxi')(first_moment, second_moment) }}
{%- endmacro %}

{% macro duckdb__hours_between(first_moment, second_moment) -%}
    (cast(date_diff('second', {{ first_moment }}, {{ second_moment }}) as double) / 3600.0)
{%- endmacro %}

{# Whole days from one date to another, negative if the second is earlier. #}
{% macro days_between(first_date, second_date) -%}
    {{ adapter.dispatch('days_between', 'guanxi')(first_date, second_date) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    cast(date_diff('day', cast({{ first_date }} as date), cast({{ second_date }} as date)) as bigint)
{%- endmacro %}

{# Monday 1 to Sunday 7. #}
{% macro iso_weekday(moment) -%}
    {{ adapter.dispatch('iso_weekday', 'guanxi')(moment) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(moment) -%}
    cast(isodow({{ moment }}) as integer)
{%- endmacro %}

{# Week of the ISO year, 1 to 53; weeks start on Monday. #}
{% macro iso_week(moment) -%}
    {{ adapter.dispatch('iso_week', 'guanxi')(moment) }}
{%- endmacro %}

{% macro duckdb__iso_week(moment) -%}
    cast(week({{ moment }}) as integer)
{%- endmacro %}

{# The year an ISO week belongs to. #}
{% macro iso_year(moment) -%}
    {{ adapter.dispatch('iso_year', 'guanxi')(moment) }}
{%- endmacro %}

{% macro duckdb__iso_year(moment) -%}
    cast(isoyear({{ moment }}) as integer)
{%- endmacro %}

{# The smallest value at or above a share of all values (0 to 1): always one of the values. #}
{% macro percentile(value, share) -%}
    {{ adapter.dispatch('percentile', 'guanxi')(value, share) }}
{%- endmacro %}

{% macro duckdb__percentile(value, share) -%}
    quantile_disc({{ value }}, {{ share }})
{%- endmacro %}

{# One row per day from the first to the last date, both included, as a table with column
   date_day. #}
{% macro days_from_to(first_date, last_date) -%}
    {{ adapter.dispatch('days_from_to', 'guanxi')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__days_from_to(first_date, last_date) -%}
    select cast(unnest(generate_series(
        cast({{ first_date }} as timestamp),
        cast({{ last_date }} as timestamp),
        to_days(1)
    )) as date) as date_day
{%- endmacro %}

{# Text with a zone offset (Z, +08:00) as a timestamp in UTC, NULL where it is none. #}
{% macro utc_from_text_with_offset(text) -%}
    {{ adapter.dispatch('utc_from_text_with_offset', 'guanxi')(text) }}
{%- endmacro %}

{% macro duckdb__utc_from_text_with_offset(text) -%}
    cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
{%- endmacro %}

{# A wall-clock time where the company is, as a timestamp in UTC. #}
{% macro to_utc(local_time) -%}
    {{ local_time if time_zone() == 'UTC'
       else adapter.dispatch('to_utc', 'guanxi')(local_time, "'" ~ time_zone() ~ "'") }}
{%- endmacro %}

{% macro duckdb__to_utc(local_time, zone) -%}
    cast(({{ local_time }}) at time zone {{ zone }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{# A timestamp in UTC as the wall-clock time where the company is. #}
{% macro to_local(utc_time) -%}
    {{ utc_time if time_zone() == 'UTC'
       else adapter.dispatch('to_local', 'guanxi')(utc_time, "'" ~ time_zone() ~ "'") }}
{%- endmacro %}

{% macro duckdb__to_local(utc_time, zone) -%}
    cast(({{ utc_time }}) at time zone 'UTC' at time zone {{ zone }} as timestamp)
{%- endmacro %}

{# Columns as one text, to see whether any of them changed; NULL differs from every text. #}
{% macro row_text(columns) -%}
    {%- for column in columns -%}
    coalesce('=' || {{ column }}, '-') || chr(31){{ ' || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Months from one first-of-month to another. #}
{% macro months_between(first_month, second_month) -%}
    cast(
        12 * (extract(year from {{ second_month }}) - extract(year from {{ first_month }}))
        + extract(month from {{ second_month }}) - extract(month from {{ first_month }})
        as integer
    )
{%- endmacro %}

{# The text of a JSON array, [] if it is empty, NULL where it is none. #}
{% macro json_array_or_null(text) -%}
    {{ adapter.dispatch('json_array_or_null', 'guanxi')(text) }}
{%- endmacro %}

{% macro duckdb__json_array_or_null(text) -%}
    case
        when json_array_length(try_cast({{ text }} as json)) > 0 then {{ text }}
        when json_type(try_cast({{ text }} as json)) = 'ARRAY' then '[]'
    end
{%- endmacro %}

{# A query with a row per element of a column that holds a JSON array of texts: the columns named,
   the element and its place from 1. #}
{% macro json_elements(relation, columns, array) -%}
    {{ adapter.dispatch('json_elements', 'guanxi')(relation, columns, array) }}
{%- endmacro %}

{% macro duckdb__json_elements(relation, columns, array) -%}
    select
        {% for column in columns -%}
        {{ relation }}.{{ column }},
        {% endfor -%}
        cast(elements.value ->> '$' as varchar) as element,
        cast(elements.key as bigint) + 1 as place
    from {{ relation }}
    cross join json_each({{ relation }}.{{ array }}) as elements
    where {{ relation }}.{{ array }} is not null
{%- endmacro %}

{# Seconds from one moment to another. #}
{% macro seconds_between(first_moment, second_moment) -%}
    {{ adapter.dispatch('seconds_between', 'guanxi')(first_moment, second_moment) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first_moment, second_moment) -%}
    cast(date_diff('second', {{ first_moment }}, {{ second_moment }}) as bigint)
{%- endmacro %}
