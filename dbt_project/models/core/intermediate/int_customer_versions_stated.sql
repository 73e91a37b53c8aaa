{%- set attributes = [
    'customer_type', 'age_band', 'income_band', 'home_ownership', 'marital_status',
    'household_size', 'household_composition', 'kids_count',
] -%}

with

-- Records that delete among them: they end a version and begin one.
customer_records as (

    select * from {{ ref('stg_customers') }}
    where
        (reject_reason is null or reject_reason = 'DELETED')
        and {{ is_visible('registered_at', 'known_at') }}

),

customer_references as (

    select * from {{ ref('stg_customer_references') }}
    where {{ is_visible('first_known_at', 'first_known_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

references_identified as (

    select
        identities.customer_id,
        customer_references.source_system,
        customer_references.customer_source_id,
        customer_references.first_known_at
    from customer_references
    inner join identities
        on
            customer_references.source_system = identities.source_system
            and customer_references.customer_source_id = identities.source_record_id

),

customers_first_known as (

    select
        customer_id,
        cast(min(first_known_at) as timestamp) as first_known_at
    from references_identified
    group by customer_id

),

-- A customer begins without attributes, when first mentioned; each landed record is a version.
versions as (

    select
        customer_id,
        customer_id as customer_record_id,
        first_known_at as known_from,
        cast(0 as bigint) as landing_sequence,
        cast(0 as bigint) as record_no,
        true as is_mention,
        false as is_deletion,
        {% for name in attributes -%}
        cast(null as varchar) as {{ name }},
        {% endfor -%}
        cast(null as boolean) as is_loyalty_member,
        cast(null as timestamp) as registered_at
    from customers_first_known
    union all
    select
        references_identified.customer_id,
        {{ entity_id('customer_source_id', 'customer_records') }} as customer_record_id,
        coalesce(customer_records.known_at, references_identified.first_known_at) as known_from,
        customer_records.landing_sequence,
        customer_records.record_no,
        false as is_mention,
        customer_records.reject_reason is not null as is_deletion,
        {% for name in attributes -%}
        customer_records.{{ name }},
        {% endfor -%}
        customer_records.is_loyalty_member,
        customer_records.registered_at
    from customer_records
    inner join references_identified
        on
            customer_records.source_system = references_identified.source_system
            and customer_records.customer_source_id = references_identified.customer_source_id

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
    from versions

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

statements as (

    select * from versions_counted
    where not is_deletion

),

-- A record of a system that knows nothing of the loyalty scheme leaves what another one said.
memberships as (

    select
        customer_id,
        membership_no,
        is_loyalty_member
    from statements
    where is_loyalty_member is not null

),

versions_stated as (

    select
        versions_counted.customer_id,
        versions_counted.known_from,
        versions_counted.registered_at,
        {% for name in attributes -%}
        statements.{{ name }},
        {% endfor -%}
        memberships.is_loyalty_member,
        not versions_counted.is_mention and versions_counted.n_records_left = 0 as is_deleted
    from versions_counted
    inner join statements
        on
            versions_counted.customer_id = statements.customer_id
            and versions_counted.statement_no = statements.statement_no
    left join memberships
        on
            versions_counted.customer_id = memberships.customer_id
            and versions_counted.membership_no = memberships.membership_no
    where versions_counted.version_rank = 1

)

select * from versions_stated
