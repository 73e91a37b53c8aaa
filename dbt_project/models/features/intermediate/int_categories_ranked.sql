with

order_items as (

    select * from {{ ref('fct_order_items') }}
    where customer_id is not null and is_countable and ordered_at is not null

),

products as (

    select * from {{ ref('dim_products') }}

),

-- A category counts by the lines that name it: amounts would make the dearest goods everybody's
-- favourite.
lines_counted_per_category as (

    select
        order_items.customer_id,
        products.category_l2 as category,
        cast(count(*) as bigint) as count_lines,
        {{ count_of_last_days(90, 'order_items.ordered_at') }} as count_lines_90d
    from order_items
    inner join products on order_items.product_id = products.product_id
    where products.category_l2 is not null
    group by order_items.customer_id, products.category_l2

),

categories_ranked as (

    select
        customer_id,
        category,
        count_lines_90d,
        cast(row_number() over (
            partition by customer_id
            order by count_lines desc nulls last, category asc nulls last
        ) as bigint) as category_rank,
        cast(row_number() over (
            partition by customer_id
            order by count_lines_90d desc nulls last, category asc nulls last
        ) as bigint) as category_rank_90d
    from lines_counted_per_category

),

categories_summed_per_customer as (

    select
        ---------- ids
        customer_id,
        ---------- text
        cast(max(case when category_rank = 1 then category end) as varchar) as top_category,
        cast(max(
            case when category_rank_90d = 1 and count_lines_90d > 0 then category end
        ) as varchar) as top_category_90d,
        ---------- numbers
        cast(sum(case when count_lines_90d > 0 then 1 else 0 end) as bigint)
            as distinct_categories_90d
    from categories_ranked
    group by customer_id

)

select * from categories_summed_per_customer
