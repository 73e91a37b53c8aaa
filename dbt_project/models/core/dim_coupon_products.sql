with

coupons as (

    {{ current_version(
        ref('stg_coupons'),
        key=['coupon_source_id', 'product_source_id', 'campaign_source_id'],
        event_time='known_at'
    ) }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- A coupon is known with its campaign: one of a campaign that has not begun stays unseen.
coupons_joined_to_products as (

    select
        ---------- ids
        {{ entity_id('coupon_source_id', 'coupons') }} as coupon_id,
        {{ entity_id('product_source_id', 'coupons') }} as product_id,
        campaigns.campaign_id,
        ---------- booleans
        products.product_id is null or products.is_unknown as is_unknown_product,
        {{ is_synthetic() }} as is_synthetic
    from coupons
    inner join campaigns
        on
            coupons.source_system = campaigns.source_system
            and coupons.campaign_source_id = campaigns.campaign_source_id
    left join products
        on
            coupons.source_system = products.source_system
            and coupons.product_source_id = products.product_source_id

)

select * from coupons_joined_to_products
