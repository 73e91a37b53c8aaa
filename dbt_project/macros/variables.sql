{# The only place that reads var(): each variable is checked against its type or a closed list, so
   that no text from outside becomes SQL. While dbt only parses, nothing is required. #}

{% macro as_of_text() -%}
    {%- set text = var('as_of', '') | string -%}
    {%- if not execute and not text -%}
        {%- set text = '1970-01-01' -%}
    {%- endif -%}
    {{- _checked('as_of', text, '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])') -}}
{%- endmacro %}

{% macro as_of_date() -%}
    cast('{{ as_of_text() }}' as date)
{%- endmacro %}

{% macro currency_code() -%}
    cast('{{ _checked('currency_code', var('currency_code', 'XXX'), '[A-Z]{3}') }}' as varchar)
{%- endmacro %}

{% macro time_zone() -%}
    {{- _checked('time_zone', var('time_zone', 'UTC'), '[A-Za-z]+(/[A-Za-z0-9_+-]+)*') -}}
{%- endmacro %}

{% macro is_synthetic() -%}
    cast({{ _checked('is_synthetic', var('is_synthetic', false) | string | lower, '(true|false)') }} as boolean)
{%- endmacro %}

{% macro consent_when_unknown() -%}
    cast('{{ _checked('consent_when_unknown', var('consent_when_unknown', 'deny'), '(deny|assume)') }}' as varchar)
{%- endmacro %}

{# The value, if it fits the pattern; the message names the variable and never the value. #}
{% macro _checked(name, value, pattern) -%}
    {%- if not modules.re.fullmatch(pattern, value | string) -%}
        {{- exceptions.raise_compiler_error("variable " ~ name ~ ": expected text like " ~ pattern) -}}
    {%- endif -%}
    {{- value -}}
{%- endmacro %}
