with

surveys as (

    {{ current_version(ref('stg_surveys'), key=['survey_source_id'], event_time='survey_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

surveys_identified as (

    select
        ---------- ids
        {{ entity_id('survey_source_id', 'surveys') }} as survey_id,
        identities.customer_id,
        ---------- numbers
        cast(surveys.csat as tinyint) as csat,
        cast(surveys.nps as tinyint) as nps,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        surveys.survey_at
    from surveys
    left join identities
        on
            surveys.source_system = identities.source_system
            and surveys.customer_source_id = identities.source_record_id

)

select * from surveys_identified
