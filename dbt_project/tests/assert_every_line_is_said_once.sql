-- A key that stands twice in one file is one line told twice, or two lines with a bad key: the
-- later record holds.
{{ config(severity='warn', meta={'treatment': 'the last record of the key holds'}) }}

select
    batch_id,
    order_item_source_id
from {{ ref('stg_order_items') }}
where reject_reason is null
group by batch_id, order_item_source_id
having count(*) > 1
