{# What every staging model is made of: landed text is cast once, and a row that does not fit says
   why. The kinds are declared in crm_tasks/contracts/entity.py. #}

{# A landed field as its kind, NULL where it is empty or does not fit without loss. #}
{% macro cast_or_null(field, kind) -%}
    {%- set text = "nullif(trim(" ~ field ~ "), '')" -%}
    {%- if kind in ('text', 'token') -%}
        {{ text }}
    {%- elif kind == 'word' -%}
        lower({{ text }})
    {%- elif kind == 'list' -%}
        {{ json_array_or_null(text) }}
    {%- elif kind == 'currency' -%}
        case when {{ matches(text, "'^[A-Za-z]{3}$'") }} then upper({{ text }}) end
    {%- elif kind == 'own_currency' -%}
        case when upper({{ text }}) = {{ currency_code() }} then {{ currency_code() }} end
    {%- elif kind == 'timestamp' -%}
        {{ _timestamp_or_null(text) }}
    {%- elif kind == 'date' -%}
        case when {{ text }} like '____-__-__%' then {{ cast_if_possible(text, 'date') }} end
    {%- elif kind == 'integer' -%}
        {{ _number_or_null(text, 'bigint') }}
    {%- elif kind == 'decimal' -%}
        {{ _number_or_null(text, 'decimal(18, 2)') }}
    {%- elif kind == 'decimal4' -%}
        {{ _number_or_null(text, 'decimal(18, 4)') }}
    {%- elif kind == 'number' -%}
        cast({{ _number_or_null(text, 'decimal(38, 10)') }} as double)
    {%- elif kind == 'boolean' -%}
        case
            when lower({{ text }}) in ('true', 't', 'yes', 'y', '1') then true
            when lower({{ text }}) in ('false', 'f', 'no', 'n', '0') then false
        end
    {%- else -%}
        {{- exceptions.raise_compiler_error("cast_or_null: unknown kind " ~ kind) -}}
    {%- endif -%}
{%- endmacro %}

{# ISO 8601 in full: a cast alone takes 'infinity' for a moment and drops a zone or a PM it does not
   know. Text without an offset is wall-clock time where the company is. The first line is the
   usual form, which needs no pattern. #}
{% macro _timestamp_or_null(text) -%}
    {%- set time = '[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?' -%}
    {%- set day = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set offset = '(Z|[+-][0-9]{2}(:?[0-9]{2})?)' -%}
    case
        when {{ text }} like '____-__-__ __:__:__'
            then {{ to_utc(cast_if_possible(text, 'timestamp')) }}
        when {{ matches(text, "'^" ~ day ~ "(" ~ time ~ ")?$'") }}
            then {{ to_utc(cast_if_possible(text, 'timestamp')) }}
        when {{ matches(text, "'^" ~ day ~ time ~ offset ~ "$'") }}
            then {{ utc_from_text_with_offset(text) }}
    end
{%- endmacro %}

{# A cast rounds what it cannot hold (3.7 becomes 4) and may read 1_000. Only float noise below a
   millionth may go. #}
{% macro _number_or_null(text, type) -%}
    case
        when
            position('_' in {{ text }}) = 0
            and abs(
                {{ cast_if_possible(text, 'decimal(38, 10)') }}
                - {{ cast_if_possible(text, type) }}
            ) < 0.000001
            then {{ cast_if_possible(text, type) }}
    end
{%- endmacro %}

{# Whether a moment lies where it can: a fact not before 1900, nor more than a day after both the
   as-of date and the landing of its batch; a date may be a plan, so until 2200. NULL is in range. #}
{% macro _is_in_range(value, kind) -%}
    {%- if kind == 'timestamp' -%}
        coalesce(
            {{ value }} >= cast('1900-01-01' as timestamp)
            and {{ value }}
            < {{ add_days('greatest(coalesce(landed_at, ' ~ as_of_at() ~ '), ' ~ as_of_at() ~ ')', '1') }},
            true
        )
    {%- else -%}
        coalesce(
            {{ value }} >= cast('1900-01-01' as date) and {{ value }} < cast('2200-01-01' as date),
            true
        )
    {%- endif -%}
{%- endmacro %}

{# Why core does not read a row: it deletes (DELETED; it may be empty but for its key), or the first
   field, in the order given, is required and empty (E_REQUIRED_<field>), does not fit its kind
   (E_TYPE_<field>), is no word of its vocabulary (E_VALUE_<field>), lies outside its limits or where
   no fact can (E_RANGE_<field>) or is money of another currency (E_CURRENCY_<field>); NULL if all is
   well. `fields` maps a field to its demand: a kind, with 'required ' before it where a row cannot
   do without, ' in a|b' and ' from x to y' after it (Field.demand in crm_tasks/contracts/entity.py). #}
{% macro reject_reason(fields) -%}
    case
        when is_deletion then 'DELETED'
        {%- for field, demand in fields.items() %}
        {%- set words = (demand | replace('required ', '')).split(' ') %}
        {%- set kind = words[0] %}
        {%- if demand.startswith('required ') %}
        when {{ cast_or_null(field, 'text') }} is null then 'E_REQUIRED_{{ field }}'
        {%- endif %}
        {%- if kind == 'own_currency' %}
        when {{ cast_or_null(field, 'text') }} is not null and {{ cast_or_null(field, kind) }} is null
            then 'E_CURRENCY_{{ field }}'
        {%- elif kind not in ('text', 'token', 'word') %}
        when {{ cast_or_null(field, 'text') }} is not null and {{ cast_or_null(field, kind) }} is null
            then 'E_TYPE_{{ field }}'
        {%- endif %}
        {%- if kind in ('timestamp', 'date') %}
        when not {{ _is_in_range(cast_or_null(field, kind), kind) }} then 'E_RANGE_{{ field }}'
        {%- endif %}
        {%- if 'in' in words %}
        when {{ cast_or_null(field, kind) }} not in ('{{ words[words.index('in') + 1].replace('|', "', '") }}')
            then 'E_VALUE_{{ field }}'
        {%- endif %}
        {%- if 'from' in words %}
        when {{ cast_or_null(field, kind) }} < {{ words[words.index('from') + 1] }} then 'E_RANGE_{{ field }}'
        {%- endif %}
        {%- if 'to' in words %}
        when {{ cast_or_null(field, kind) }} > {{ words[words.index('to') + 1] }} then 'E_RANGE_{{ field }}'
        {%- endif %}
        {%- endfor %}
    end
{%- endmacro %}

{# Whether a row says again, in one batch, what an earlier record of the batch said: the second of
   two accepted rows with the same key. A later batch that says it again is a new version. #}
{% macro is_copy(key) -%}
    reject_reason is null
    and cast(row_number() over (
        partition by batch_id, reject_reason, {{ key | join(', ') }}
        order by record_no asc nulls last
    ) as bigint) > 1
{%- endmacro %}
