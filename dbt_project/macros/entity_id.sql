{# An identifier that stays unambiguous, and the same, when a second source comes: the source's own,
   after the source's name. #}
{% macro entity_id(source_id, relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    ({{ prefix }}source_system || ':' || {{ prefix }}{{ source_id }})
{%- endmacro %}

{# The identifier of a text, under which its masked form and its labels are found; NULL where the
   source gave no text. #}
{% macro text_id(entity, source_id, token, relation='') -%}
    {%- set relation = relation or entity -%}
    case
        when {{ relation }}.{{ token }} is not null
            then '{{ entity }}:' || {{ entity_id(source_id, relation) }}
    end
{%- endmacro %}
