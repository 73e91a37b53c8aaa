with

source as (

    select * from {{ source('landing', 'landing_ties') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('tie_source_id', 'text') }} as tie_source_id,
        {{ cast_or_null('from_source_id', 'text') }} as from_source_id,
        {{ cast_or_null('to_source_id', 'text') }} as to_source_id,
        ---------- text
        {{ cast_or_null('tie_type', 'word') }} as tie_type,
        {{ cast_or_null('from_type', 'word') }} as from_type,
        {{ cast_or_null('to_type', 'word') }} as to_type,
        ---------- numbers
        {{ cast_or_null('strength', 'number') }} as strength,
        {{ cast_or_null('strength_most', 'number') }} as strength_most,
        ---------- dates
        {{ cast_or_null('ends_on', 'date') }} as ends_on,
        ---------- timestamps
        {{ cast_or_null('tied_at', 'timestamp') }} as tied_at,
        {{ known_at(cast_or_null('tied_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'tie_source_id': 'required text',
            'tie_type': 'required word in trust|cooperation|referral|works_for|same_household|mention',
            'from_type': 'required word in customer|organization',
            'from_source_id': 'required text',
            'to_type': 'required word in customer|organization',
            'to_source_id': 'required text',
            'strength': 'number from 0',
            'strength_most': 'number from 0',
            'tied_at': 'timestamp',
            'ends_on': 'date',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['tie_type', 'tie_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
