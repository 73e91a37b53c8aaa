{# A part of a whole, or a sum per head, as a DOUBLE rounded so that every engine agrees; NULL for
   nothing to divide by. #}
{% macro share_of(part, whole, decimals=6) -%}
    round(cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0), {{ decimals }})
{%- endmacro %}
