with

reviews as (

    {{ current_version(ref('stg_reviews'), key=['review_source_id'], event_time='reviewed_at') }}

),

identities as (

    select * from {{ source('identity', 'records') }}

),

texts as (

    select * from {{ source('text', 'masked_texts') }}

),

labels as (

    select * from {{ source('ml', 'text_labels') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- Every valid review stays, however low its score: low scores are what churners leave.
reviews_joined_to_products as (

    select
        ---------- ids
        {{ entity_id('review_source_id', 'reviews') }} as review_id,
        identities.customer_id,
        {{ entity_id('product_source_id', 'reviews') }} as product_id,
        {{ text_id('reviews', 'review_source_id', 'content_token') }} as text_id,
        reviews.content_token,
        ---------- text
        texts.masked_text as content,
        texts.language_code,
        labels.topic,
        ---------- numbers
        cast(reviews.score as tinyint) as score,
        labels.sentiment,
        ---------- booleans
        reviews.score <= 3 as is_low_score,
        reviews.product_source_id is not null and coalesce(products.is_unknown, true)
            as is_unknown_product,
        {{ is_synthetic() }} as is_synthetic,
        ---------- timestamps
        reviews.reviewed_at
    from reviews
    left join identities
        on
            reviews.source_system = identities.source_system
            and reviews.customer_source_id = identities.source_record_id
    left join texts
        on {{ text_id('reviews', 'review_source_id', 'content_token') }} = texts.text_id
    left join labels
        on {{ text_id('reviews', 'review_source_id', 'content_token') }} = labels.text_id
    left join products
        on
            reviews.source_system = products.source_system
            and reviews.product_source_id = products.product_source_id

)

select * from reviews_joined_to_products
