with

contents as (

    select * from {{ ref('contents') }}

),

contents_listed as (

    select
        ---------- ids
        content_id,
        ---------- text
        content_type,
        issue,
        group_name,
        action_name,
        treatment,
        language_code,
        ---------- numbers
        value_per_conversion
    from contents

)

select * from contents_listed
