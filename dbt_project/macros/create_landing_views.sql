{# Creates one view per canonical entity over the landed batches. The SQL is generated from the
   profile and handed over as a file, so that dbt stays the only writer of the working file. #}
{% macro create_landing_views() -%}
    {#- Read only when it is executed: dbt would read the project anew for every other file. -#}
    {%- set file = env_var('DBT_CRM_LANDING_SQL', '') if execute else '' -%}
    {%- if file -%}
        {%- set text = run_query("select content from read_text('" ~ file.replace("'", "''") ~ "')") -%}
        {%- do run_query(text.columns[0].values()[0]) -%}
    {%- endif -%}
{%- endmacro %}
