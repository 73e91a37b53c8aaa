with

redemptions as (

    {{ current_version(
        ref('stg_redemptions'), key=['redemption_source_id'], event_time='redeemed_at'
    ) }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

coupon_products as (

    select * from {{ ref('dim_coupon_products') }}

),

-- Most coupons are valid for many products, and the source does not say which one was bought.
coupons_of_one_product as (

    select
        coupon_id,
        campaign_id,
        cast(max(product_id) as varchar) as product_id
    from coupon_products
    group by coupon_id, campaign_id
    having count(*) = 1

),

redemptions_identified as (

    select
        ---------- ids
        {{ entity_id('redemption_source_id', 'redemptions') }} as redemption_id,
        identities.customer_id,
        {{ entity_id('campaign_source_id', 'redemptions') }} as campaign_id,
        {{ entity_id('coupon_source_id', 'redemptions') }} as coupon_id,
        ---------- timestamps
        redemptions.redeemed_at
    from redemptions
    left join identities
        on
            redemptions.source_system = identities.source_system
            and redemptions.customer_source_id = identities.source_record_id

),

redemptions_joined_to_products as (

    select
        ---------- ids
        redemptions_identified.redemption_id,
        redemptions_identified.customer_id,
        redemptions_identified.campaign_id,
        redemptions_identified.coupon_id,
        coupons_of_one_product.product_id,
        ---------- booleans
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        redemptions_identified.redeemed_at
    from redemptions_identified
    left join coupons_of_one_product
        on
            redemptions_identified.coupon_id = coupons_of_one_product.coupon_id
            and redemptions_identified.campaign_id = coupons_of_one_product.campaign_id

)

select * from redemptions_joined_to_products
