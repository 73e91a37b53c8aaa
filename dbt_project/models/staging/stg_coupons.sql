with

source as (

    select * from {{ source('landing', 'landing_coupons') }}

),

typed as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        {{ cast_or_null('coupon_source_id', 'text') }} as coupon_source_id,
        {{ cast_or_null('product_source_id', 'text') }} as product_source_id,
        {{ cast_or_null('campaign_source_id', 'text') }} as campaign_source_id,
        ---------- timestamps
        {{ known_at('cast(null as timestamp)') }} as known_at,
        ---------- verdict
        {{ reject_reason({
            'coupon_source_id': 'required text',
            'product_source_id': 'required text',
            'campaign_source_id': 'required text',
        }) }} as reject_reason
    from source

),

-- Copies within one batch; a later batch that says the same again is a new version, no duplicate.
copies_numbered as (

    select
        ---------- ids
        source_system,
        batch_id,
        record_no,
        landing_sequence,
        coupon_source_id,
        product_source_id,
        campaign_source_id,
        ---------- booleans
        cast(row_number() over (
            partition by
                batch_id,
                coupon_source_id,
                product_source_id,
                campaign_source_id
            order by record_no asc nulls last
        ) as bigint) > 1 as is_duplicate,
        ---------- timestamps
        known_at,
        ---------- verdict
        reject_reason
    from typed

)

select * from copies_numbered
