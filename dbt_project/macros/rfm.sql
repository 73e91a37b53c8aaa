{# Score 1 (worst) to 5 (best) of a measure against its four quintile cut points. #}
{% macro score_of(measure, is_small_good=false) -%}
    cast(
        1
        {%- for percent in ['20', '40', '60', '80'] %}
        + case
            when measures.{{ measure }} {{ '<=' if is_small_good else '>' }} cut_points.{{ measure }}_p{{ percent }}
                then 1
            else 0
        end
        {%- endfor %}
        as tinyint
    )
{%- endmacro %}
