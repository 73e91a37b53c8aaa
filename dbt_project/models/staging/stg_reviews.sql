with

source as (

    select * from {{ source('landing', 'landing_reviews') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('review_source_id', 'text') }} as review_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('product_source_id', 'text') }} as product_source_id,
        {{ cast_or_null('content_token', 'token') }} as content_token,
        ---------- numbers
        {{ cast_or_null('score', 'integer') }} as score,
        ---------- timestamps
        {{ cast_or_null('reviewed_at', 'timestamp') }} as reviewed_at,
        {{ known_at(cast_or_null('reviewed_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'review_source_id': 'required text',
            'reviewed_at': 'required timestamp',
            'score': 'integer from 1 to 5',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['review_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
