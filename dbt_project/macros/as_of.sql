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
   lag), or when its batch was first landed. NULL: since the source's first event. What is deleted
   at no stated moment was there until that landed. #}
{% macro known_at(event_time) -%}
    case
        when known_at_rule = 'landing' then landed_at
        when is_deletion and {{ event_time }} is null then landed_at
        else {{ add_days(event_time, 'coalesce(known_at_lag_days, 0)') }}
    end
{%- endmacro %}

{# The rows of a staging model that core may read: of each key the version landed last among those
   known before the as-of date, if it had happened by then and deletes nothing. Few keys repeat, so
   only those are ranked: a window over all rows would sort the largest table of the house.
   With `keeps_deleted` a deleted key stays, as it last was, and the column is_deleted says so. #}
{% macro current_version(staged, key, event_time, keeps_deleted=false) -%}
    {%- set keys = (['source_system'] + key) | join(', ') -%}
    with known as (

        select * from {{ staged }} as staged
        where
            (reject_reason is null or reject_reason = 'DELETED')
            and coalesce(known_at < {{ as_of_at() }}, true)
            {{ is_changed_key(key[0]) }}

    ),

    repeated_keys as (

        select {{ keys }}
        from known
        group by {{ keys }}
        having count(*) > 1

    ),

    versions_ranked as (

        select
            known.batch_id,
            known.record_no,
            cast(row_number() over (
                partition by {{ _keys_of('known', key) }}, known.reject_reason
                order by {{ _newest_first('known') }}
            ) as bigint) as version_rank,
            cast(first_value(known.reject_reason) over (
                partition by {{ _keys_of('known', key) }}
                order by {{ _newest_first('known') }}
            ) as varchar) is not null as is_deleted
        from known
        inner join repeated_keys
            on {% for name in ['source_system'] + key -%}
            known.{{ name }} = repeated_keys.{{ name }}{{ ' and ' if not loop.last }}
            {%- endfor %}

    ),

    older_versions as (

        select
            batch_id,
            record_no
        from versions_ranked
        where version_rank > 1{{ '' if keeps_deleted else ' or is_deleted' }}

    )

    select
        *
        {%- if keeps_deleted %},
        exists (
            select 1 from versions_ranked
            where
                versions_ranked.is_deleted
                and versions_ranked.batch_id = known.batch_id
                and versions_ranked.record_no = known.record_no
        ) as is_deleted
        {%- endif %}
    from known
    where
        reject_reason is null
        and {{ is_visible(event_time, 'known_at') }}
        and not exists (
            select 1 from older_versions
            where
                older_versions.batch_id = known.batch_id
                and older_versions.record_no = known.record_no
        )
{%- endmacro %}

{% macro _keys_of(relation, key) -%}
    {%- for name in ['source_system'] + key -%}
    {{ relation }}.{{ name }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The order in which the later landed version of two comes first. #}
{% macro _newest_first(relation) -%}
    {{ relation }}.landing_sequence desc nulls last,
    {{ relation }}.record_no desc nulls last,
    {{ relation }}.batch_id desc nulls last
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
