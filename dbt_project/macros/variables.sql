{# The only place that reads var(): each variable is checked against its type or a closed list, so
   that no text from outside becomes SQL. A run gives them by environment (_given); unit tests
   override them as vars. #}

{% macro as_of_text() -%}
    {%- set text = var('as_of', _given('AS_OF', '' if execute else '1970-01-01')) | string -%}
    {{- _checked('as_of', text, '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])') -}}
{%- endmacro %}

{% macro as_of_date() -%}
    cast('{{ as_of_text() }}' as date)
{%- endmacro %}

{% macro currency_code() -%}
    cast('{{ _checked('currency_code', var('currency_code', _given('CURRENCY_CODE', 'XXX')), '[A-Z]{3}') }}' as varchar)
{%- endmacro %}

{% macro time_zone() -%}
    {{- _checked('time_zone', var('time_zone', _given('TIME_ZONE', 'UTC')), '[A-Za-z]+(/[A-Za-z0-9_+-]+)*') -}}
{%- endmacro %}

{% macro is_synthetic() -%}
    cast({{ _checked('is_synthetic', var('is_synthetic', _given('IS_SYNTHETIC', 'false')) | string | lower, '(true|false)') }} as boolean)
{%- endmacro %}

{% macro consent_when_unknown() -%}
    cast('{{ _checked('consent_when_unknown', var('consent_when_unknown', _given('CONSENT_WHEN_UNKNOWN', 'deny')), '(deny|assume)') }}' as varchar)
{%- endmacro %}

{# What the run gives, read only when a model is built: dbt would parse anew, for every other date,
   each file that read it while being parsed. #}
{% macro _given(name, otherwise) -%}
    {{- env_var('DBT_CRM_' ~ name, otherwise) if execute else otherwise -}}
{%- endmacro %}

{# The value, if it fits the pattern; the message names the variable and never the value. #}
{% macro _checked(name, value, pattern) -%}
    {%- if not modules.re.fullmatch(pattern, value | string) -%}
        {{- exceptions.raise_compiler_error("variable " ~ name ~ ": expected text like " ~ pattern) -}}
    {%- endif -%}
    {{- value -}}
{%- endmacro %}
