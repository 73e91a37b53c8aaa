{# Fails for each combination of the columns that stands more than once or holds a NULL. #}
{% test key_is_unique(model, columns) %}
select
    {{ columns | join(', ') }},
    cast(count(*) as bigint) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
