with

source as (

    select * from {{ source('landing', 'landing_redemptions') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('redemption_source_id', 'text') }} as redemption_source_id,
        {{ cast_or_null('customer_source_id', 'text') }} as customer_source_id,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        {{ cast_or_null('coupon_source_id', 'text') }} as coupon_source_id,
        ---------- timestamps
        {{ cast_or_null('redeemed_at', 'timestamp') }} as redeemed_at,
        {{ known_at(cast_or_null('redeemed_at', 'timestamp')) }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'redemption_source_id': 'required text',
            'customer_source_id': 'required text',
            'coupon_source_id': 'required text',
            'redeemed_at': 'required timestamp',
        }) }} as reject_reason
    from source

),

copies_marked as (

    select
        *,
        {{ is_copy(['redemption_source_id']) }} as is_duplicate
    from typed

)

select * from copies_marked
