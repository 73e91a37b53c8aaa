{# How a table is brought up to date instead of being built again. The schema `changes` holds what
   the step found to differ since the layer was last built whole: changes.batches (landed batches
   whose rows are new, gone or to be typed again), changes.customers (source records that became
   another customer's) and changes.built (the date it was built for). A step that cannot tell says
   --full-refresh, and every table is built again. What a model finds out itself lies beside them,
   under the model's name, and is made in the transaction that uses it. #}

{# Makes room for the notes of a call; each table that is built adds its line. #}
{% macro begin_notes() -%}
    create schema if not exists changes;
    create or replace table changes.rows_touched (
        table_name varchar,
        strategy varchar,
        rows_deleted bigint,
        rows_inserted bigint
    )
{%- endmacro %}

{# The note of a table that was built again, as a post-hook of every model. #}
{% macro note_rebuilt() -%}
    {%- if model.config.materialized == 'table' or
        (model.config.materialized == 'incremental' and not is_incremental()) -%}
        insert into changes.rows_touched
        select '{{ this.schema }}.{{ this.identifier }}', 'rebuilt', 0, count(*)
        from {{ this }}
    {%- endif -%}
{%- endmacro %}

{# Strategy of staging: a landed batch never changes, so its typed rows do not either. #}
{% macro get_incremental_changed_batches_sql(arg_dict) -%}
    {{ _replace_rows(
        arg_dict, 'changed batches', 'batch_id', 'select batch_id from changes.batches'
    ) }}
{%- endmacro %}

{# Strategy of a fact: the rows of the keys that find_changed_keys listed are made again. #}
{% macro get_incremental_changed_keys_sql(arg_dict) -%}
    {{ _replace_rows(
        arg_dict,
        'changed keys',
        arg_dict['unique_key'],
        "select source_system || ':' || record_key from changes." ~ arg_dict['target_relation'].identifier
    ) }}
{%- endmacro %}

{% macro _replace_rows(arg_dict, strategy, column, values) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | join(', ') -%}
    insert into changes.rows_touched
    select
        '{{ target.schema }}.{{ target.identifier }}',
        '{{ strategy }}',
        (select count(*) from {{ target }} where {{ column }} in ({{ values }})),
        (select count(*) from {{ arg_dict['temp_relation'] }});

    delete from {{ target }} where {{ column }} in ({{ values }});

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{# Pre-hook of a fact: lists the natural keys any of whose rows is new or gone, holds a moment that
   is seen from one of the two as-of dates only, belongs to another customer now, or meets a
   condition of its own. Under the model's name, or another for the keys of other rows. #}
{% macro find_changed_keys(staged, key, always='false', name='') -%}
    {%- if this and is_incremental() -%}
        create or replace table changes.{{ name or this.identifier }} as
        select distinct
            source_system,
            {{ key }} as record_key
        from {{ staged }}
        cross join changes.built
        where
            {{ key }} is not null
            and (
                batch_id in (select batch_id from changes.batches)
                or {{ always }}
                {%- for column in adapter.get_columns_in_relation(staged) %}
                {%- if column.dtype | lower in ('timestamp', 'date') %}
                or {{ _is_between_dates(column) }}
                {%- elif column.name.endswith('customer_source_id') %}
                or {{ entity_id(column.name) }} in (select customer_record_id from changes.customers)
                {%- endif %}
                {%- endfor %}
            )
    {%- endif -%}
{%- endmacro %}

{# Whether a column's moment, or date where the company is, is seen from one of two as-of dates only:
   that of now and that of the build. #}
{% macro _is_between_dates(column) -%}
    {%- set moment = column.name if column.dtype | lower == 'timestamp'
        else local_midnight(column.name) -%}
    (
        {{ moment }} >= least(built.as_of_at, {{ as_of_at() }})
        and {{ moment }} < greatest(built.as_of_at, {{ as_of_at() }})
    )
{%- endmacro %}

{# Pre-hook of a dimension that facts copy columns from: keeps them as they were. #}
{% macro keep_as_it_was(columns) -%}
    {%- if execute and adapter.get_relation(this.database, this.schema, this.identifier) -%}
        create or replace table changes.{{ this.identifier }} as
        select {{ columns | join(', ') }} from {{ this }}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook of a fact, after find_changed_keys: adds the keys of rows that refer to an entry of a
   dimension which differs from what keep_as_it_was kept. #}
{% macro add_keys_of_changed(dimension, staged, key, reference, columns) -%}
    {%- if this and is_incremental() -%}
        insert into changes.{{ this.identifier }}
        with entries_changed as (

            select source_system, {{ reference }}
            from (
                select {{ columns | join(', ') }} from {{ dimension }}
                union all
                select {{ columns | join(', ') }} from changes.{{ dimension.identifier }}
            )
            group by {{ columns | join(', ') }}
            having count(*) = 1

        )

        select distinct
            staged.source_system,
            staged.{{ key }}
        from {{ staged }} as staged
        inner join entries_changed
            on
                staged.source_system = entries_changed.source_system
                and staged.{{ reference }} = entries_changed.{{ reference }}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook of a fact, after find_changed_keys: adds the keys of rows whose text is masked or labelled
   otherwise than when they were made. `columns` gives, by column of the fact, where it comes from. #}
{% macro add_keys_of_texts_read_anew(staged, key, id, columns) -%}
    {%- if this and is_incremental() -%}
        insert into changes.{{ this.identifier }}
        select distinct
            staged.source_system,
            staged.{{ key }}
        from {{ staged }} as staged
        inner join {{ this }} as made on {{ entity_id(key, 'staged') }} = made.{{ id }}
        left join {{ source('text', 'masked_texts') }} as texts on made.text_id = texts.text_id
        left join {{ source('ml', 'text_labels') }} as labels on made.text_id = labels.text_id
        where
            {% for column, told in columns.items() -%}
            made.{{ column }} is distinct from {{ told }}{{ ' or ' if not loop.last }}
            {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook of a fact, after find_changed_keys: adds the keys of rows that name a changed key of
   another kind, as a line names its order; and, the other way round, the orders changed lines name.
   `changed` is where those keys are listed. #}
{% macro add_keys_that_name(staged, key, reference, changed, condition='true') -%}
    {%- if this and is_incremental() -%}
        insert into changes.{{ this.identifier }}
        select distinct
            staged.source_system,
            staged.{{ key }}
        from {{ staged }} as staged
        inner join changes.{{ changed }} as changed
            on
                staged.source_system = changed.source_system
                and staged.{{ reference }} = changed.record_key
        where staged.{{ key }} is not null and {{ condition }}
    {%- endif -%}
{%- endmacro %}

{# Within current_version: only the keys that changed, where a fact is brought up to date. #}
{% macro is_changed_key(key) -%}
    {%- if this and is_incremental() -%}
        and exists (
            select 1 from changes.{{ this.identifier }} as changed
            where
                changed.source_system = staged.source_system
                and changed.record_key = staged.{{ key }}
        )
    {%- endif -%}
{%- endmacro %}

{# The rows of another relation that belong to changed keys of this fact. #}
{% macro where_key_changed(column) -%}
    {%- if this and is_incremental() -%}
        where {{ column }} in (
            select source_system || ':' || record_key from changes.{{ this.identifier }}
        )
    {%- endif -%}
{%- endmacro %}
