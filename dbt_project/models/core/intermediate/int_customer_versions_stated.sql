{%- set attributes = [
    'customer_type', 'age_band', 'income_band', 'home_ownership', 'marital_status',
    'household_size', 'household_composition', 'kids_count',
] -%}

with

statements as (

    select * from {{ ref('int_customer_statements') }}

),

-- Of several versions known at the same moment the last landed holds. A deletion says nothing
-- about attributes: it goes with the last version that did.
versions_ranked as (

    select
        *,
        cast(row_number() over (
            partition by customer_id, known_from
            order by
                landing_sequence desc nulls last,
                record_no desc nulls last,
                customer_record_id desc nulls last
        ) as bigint) as version_rank,
        cast(count(case when not is_deletion then 1 end) over (
            partition by customer_id
            order by
                known_from asc nulls first,
                landing_sequence asc nulls first,
                record_no asc nulls first,
                customer_record_id asc nulls first
        ) as bigint) as statement_no,
        cast(count(case when not is_deletion then is_loyalty_member end) over (
            partition by customer_id
            order by
                known_from asc nulls first,
                landing_sequence asc nulls first,
                record_no asc nulls first,
                customer_record_id asc nulls first
        ) as bigint) as membership_no,
        cast(lag(is_deletion) over (
            partition by customer_record_id
            order by landing_sequence asc nulls first, record_no asc nulls first
        ) as boolean) as was_deletion
    from statements

),

-- A customer of several records is deleted when none of them is left.
versions_counted as (

    select
        *,
        cast(sum(
            case
                when is_mention or is_deletion = coalesce(was_deletion, true) then 0
                when is_deletion then -1
                else 1
            end
        ) over (
            partition by customer_id
            order by
                known_from asc nulls first,
                landing_sequence asc nulls first,
                record_no asc nulls first,
                customer_record_id asc nulls first
        ) as bigint) as n_records_left
    from versions_ranked

),

versions_without_deletions as (

    select * from versions_counted
    where not is_deletion

),

-- A record of a system that knows nothing of the loyalty scheme leaves what another one said.
memberships as (

    select
        customer_id,
        membership_no,
        is_loyalty_member
    from versions_without_deletions
    where is_loyalty_member is not null

),

versions_stated as (

    select
        versions_counted.customer_id,
        versions_counted.known_from,
        versions_counted.registered_at,
        {% for name in attributes -%}
        versions_without_deletions.{{ name }},
        {% endfor -%}
        memberships.is_loyalty_member,
        not versions_counted.is_mention and versions_counted.n_records_left = 0 as is_deleted
    from versions_counted
    inner join versions_without_deletions
        on
            versions_counted.customer_id = versions_without_deletions.customer_id
            and versions_counted.statement_no = versions_without_deletions.statement_no
    left join memberships
        on
            versions_counted.customer_id = memberships.customer_id
            and versions_counted.membership_no = memberships.membership_no
    where versions_counted.version_rank = 1

)

select * from versions_stated
