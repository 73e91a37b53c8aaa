"""Facts become evidence, and evidence becomes ties: a tie is a function of its evidence alone.

A purchase line is evidence for the tie from its customer to its product if money or goods moved
(``net_amount > 0 or quantity > 0``), whether or not its quantity is a number of items: fuel bought
is a tie to fuel. Each line contributes ``0.5 ** (age / half_life)``; the contributions w of a tie
sum exactly (DECIMAL) and saturate to ``strength = w / (w + h)``. No tie is scaled by any other, so
one more purchase raises its own tie and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.graph.params import PURCHASE

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams

_PURCHASE_EVIDENCE = """
select
    'purchase:' || order_items.customer_id || ':' || order_items.product_id as edge_key,
    order_items.customer_id as src_id,
    order_items.product_id as dst_id,
    'order_item' as evidence_type,
    order_items.order_item_id as evidence_ref,
    order_items.ordered_at as occurred_at,
    greatest(
        round(
            pow(
                0.5,
                greatest(date_diff('day', cast(order_items.ordered_at as date), $as_of), 0)
                / $half_life_days
            ),
            9
        ),
        1e-9
    ) as contribution
from order_items
where
    (order_items.net_amount > 0 or order_items.quantity > 0)
    and order_items.ordered_at is not null
    and order_items.customer_id in (select customers.customer_id from customers)
    and order_items.product_id in (select products.product_id from products)
"""

_TIES = """
with summed as (
    select
        src_id,
        dst_id,
        cast(sum(cast(contribution as decimal(18, 9))) as double) as weight,
        cast(count(*) as integer) as n_evidence,
        min(occurred_at) as first_evidence_at,
        max(occurred_at) as last_evidence_at
    from evidence
    group by src_id, dst_id
),

weighed as (
    select
        *,
        greatest(
            round(
                case
                    when $half_saturation is null then least(weight, 1.0)
                    else weight / (weight + $half_saturation)
                end,
                9
            ),
            1e-9
        ) as strength
    from summed
)

select
    src_id,
    dst_id,
    cast($edge_type as varchar) as edge_type,
    $edge_type || ':' || src_id || ':' || dst_id as edge_key,
    cast($is_directed as boolean) as is_directed,
    strength,
    1.0 / strength as distance,
    n_evidence,
    first_evidence_at,
    last_evidence_at,
    first_evidence_at as valid_from,
    cast(null as timestamp) as valid_to,
    cast(1.0 as double) as confidence,
    cast($as_of as date) as as_of_date
from weighed

"""


def collect_purchase_evidence(scratch: Scratch, as_of: dt.date, params: GraphParams) -> pa.Table:
    """Return one row per purchase line that carries a tie.

    ``scratch`` holds order_items, customers and products. A line whose customer or product is not
    among them carries no tie, since a tie needs both its nodes.
    """
    return scratch.query(
        _PURCHASE_EVIDENCE, {"as_of": as_of, "half_life_days": params.half_life_days}
    )


def tie_up(
    scratch: Scratch, evidence: pa.Table, edge_type: str, as_of: dt.date, params: GraphParams
) -> pa.Table:
    """Return the rows of graph.edges that ``evidence`` carries.

    Purchases saturate; contributions to a similarity are parts of a cosine and add up as they are.
    """
    scratch.register("evidence", evidence)
    is_purchase = edge_type == PURCHASE
    return scratch.query(
        _TIES,
        {
            "edge_type": edge_type,
            "is_directed": is_purchase,
            "half_saturation": params.half_saturation if is_purchase else None,
            "as_of": as_of,
        },
    )


def evidence_rows(evidence: pa.Table, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.edge_evidence: without the ends that the tie itself names."""
    dates = pa.repeat(pa.scalar(as_of, pa.date32()), evidence.num_rows)
    return evidence.drop_columns(["src_id", "dst_id"]).append_column("as_of_date", dates)
