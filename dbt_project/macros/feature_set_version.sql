{# Which definitions of the features a row was made by: models are trained on one version and may
   score that version only. Raise it whenever the meaning of a feature changes. #}
{% macro feature_set_version() -%}
    cast('features-1' as varchar)
{%- endmacro %}
