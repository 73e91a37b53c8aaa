{# An identifier that stays unambiguous, and the same, when a second source comes: the source's own,
   after the source's name. #}
{% macro entity_id(source_id, relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    ({{ prefix }}source_system || ':' || {{ prefix }}{{ source_id }})
{%- endmacro %}
