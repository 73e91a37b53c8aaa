{# Schema = folder, in every target: an analyst finds core.fct_orders under the same name
   everywhere, so dbt's prefix with the target's schema is left out. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- (custom_schema_name or target.schema) | trim -}}
{%- endmacro %}
