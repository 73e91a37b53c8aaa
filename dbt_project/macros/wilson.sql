{# One end of Wilson's 95 % interval of a share (Wilson 1927), `sign` being - or +; NULL without
   trials. Adding zero takes the sign off a zero. #}
{% macro wilson_end(successes, trials, sign) -%}
    round(
        cast(
            cast({{ successes }} as double) + 1.9207294
            {{ sign }} 1.959964 * sqrt(
                cast(({{ successes }}) * (({{ trials }}) - ({{ successes }})) as double)
                / nullif(cast({{ trials }} as double), 0)
                + 0.9603647
            )
            as double
        )
        / nullif(cast({{ trials }} + 3.8414588 as double), 0),
        6
    ) + cast(0 as double)
{%- endmacro %}
