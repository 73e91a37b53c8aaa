"""Facts become evidence, and evidence becomes ties: a tie is a function of its evidence alone.

Every fact contributes ``worth * 0.5 ** (age / half_life)``: a purchase line or a reply is worth 1,
a stated trust the share of its scale, a cooperation its number of contracts. The contributions w of
a tie sum exactly (DECIMAL) and become its strength as the layer declares: saturating,
``w / (w + h)``, or as they are, to 1 at most. No tie is scaled by any other, so one more fact
raises its own tie and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.graph.order import in_order
from crm_tasks.graph.params import MENTION, PURCHASE, REPLY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams, LayerParams

#: What every kind of fact is brought to: who, whom, which fact, when, until when, what it is worth.
_AGED = """
select
    $edge_type || ':' || src_id || ':' || dst_id as edge_key,
    src_id,
    dst_id,
    evidence_type,
    evidence_ref,
    occurred_at,
    ended_at,
    greatest(
        round(
            worth * pow(
                0.5,
                coalesce(greatest(date_diff('day', cast(occurred_at as date), $as_of), 0), 0)
                / $half_life_days
            ),
            9
        ),
        1e-9
    ) as contribution
from
"""

#: A line is evidence if money or goods moved, whether or not its quantity is a number of items:
#: fuel bought is a tie to fuel.
_PURCHASES = """
(
    select
        order_items.customer_id as src_id,
        order_items.product_id as dst_id,
        'order_item' as evidence_type,
        order_items.order_item_id as evidence_ref,
        order_items.ordered_at as occurred_at,
        cast(null as timestamp) as ended_at,
        1.0 as worth
    from order_items
    where
        (order_items.net_amount > 0 or order_items.quantity > 0)
        and order_items.customer_id in (select customers.customer_id from customers)
        and order_items.product_id in (select products.product_id from products)
) as facts
"""

#: Undated ties do not age: inventing a date would age them by it.
_STATED = """
(
    select
        case when $is_directed or src_id < dst_id then src_id else dst_id end as src_id,
        case when $is_directed or src_id < dst_id then dst_id else src_id end as dst_id,
        'stated_tie' as evidence_type,
        tie_id as evidence_ref,
        valid_from as occurred_at,
        case when not is_current then cast(ends_on as timestamp) end as ended_at,
        coalesce(stated_strength_share, stated_strength, 1.0) as worth
    from stated_ties
    where
        tie_type = $edge_type
        and src_id in (select known_nodes.node_id from known_nodes)
        and dst_id in (select known_nodes.node_id from known_nodes)
        and not is_with_self
        and not is_unknown_src
        and not is_unknown_dst
        and coalesce(stated_strength_share, stated_strength, 1.0) > 0
) as facts
"""

_TALK = """
(
    select
        actor_customer_id as src_id,
        target_customer_id as dst_id,
        'interaction' as evidence_type,
        interaction_id as evidence_ref,
        occurred_at,
        cast(null as timestamp) as ended_at,
        1.0 as worth
    from interactions
    where
        interaction_type = $edge_type
        and actor_customer_id in (select known_nodes.node_id from known_nodes)
        and target_customer_id in (select known_nodes.node_id from known_nodes)
        and actor_customer_id <> target_customer_id
) as facts
"""

_TIES = """
with summed as (
    select
        src_id,
        dst_id,
        cast(sum(cast(contribution as decimal(18, 9))) as double) as weight,
        cast(count(*) as integer) as n_evidence,
        min(occurred_at) as first_evidence_at,
        max(occurred_at) as last_evidence_at,
        case when count(*) = count(ended_at) then max(ended_at) end as valid_to
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
    weighed.src_id,
    weighed.dst_id,
    cast($edge_type as varchar) as edge_type,
    $edge_type || ':' || weighed.src_id || ':' || weighed.dst_id as edge_key,
    cast($is_directed as boolean) as is_directed,
    weighed.strength,
    1.0 / weighed.strength as distance,
    weighed.n_evidence,
    weighed.first_evidence_at,
    weighed.last_evidence_at,
    weighed.first_evidence_at as valid_from,
    weighed.valid_to,
    round(
        coalesce(sources.identity_confidence, 1.0) * coalesce(targets.identity_confidence, 1.0), 9
    ) as confidence,
    cast($as_of as date) as as_of_date
from weighed
left join customers as sources on weighed.src_id = sources.customer_id
left join customers as targets on weighed.dst_id = targets.customer_id
"""


def collect_evidence(
    scratch: Scratch, edge_type: str, as_of: dt.date, params: GraphParams
) -> pa.Table:
    """Return one row per fact that carries a tie of this type.

    ``scratch`` holds order_items, customers, products, stated_ties (core.fct_ties), interactions
    (core.fct_social_interactions) and known_nodes, the ids of every node. A fact of which an end is
    unknown carries no tie, since a tie needs both its nodes, nor does one with oneself.
    """
    layer = params.layers[edge_type]
    if edge_type == PURCHASE:
        return _aged(scratch, _PURCHASES, edge_type, as_of, layer)
    stated = _aged(scratch, _STATED, edge_type, as_of, layer, is_directed=layer.is_directed)
    if edge_type in (REPLY, MENTION):
        return pa.concat_tables([stated, _aged(scratch, _TALK, edge_type, as_of, layer)])
    return stated


def _aged(
    scratch: Scratch,
    facts: str,
    edge_type: str,
    as_of: dt.date,
    layer: LayerParams,
    **more: object,
) -> pa.Table:
    given = {"edge_type": edge_type, "as_of": as_of, "half_life_days": layer.half_life_days}
    return scratch.query(_AGED + facts, {**given, **more})


def tie_up(
    scratch: Scratch, evidence: pa.Table, edge_type: str, as_of: dt.date, layer: LayerParams
) -> pa.Table:
    """Return the rows of graph.edges that ``evidence`` carries.

    ``scratch`` holds customers with their identity_confidence, of which a tie has the product of
    its ends': how likely it joins the right two. Where identity states none it counts as 1.
    """
    scratch.register("evidence", evidence)
    return scratch.query(
        _TIES,
        {
            "edge_type": edge_type,
            "is_directed": layer.is_directed,
            "half_saturation": layer.half_saturation,
            "as_of": as_of,
        },
    )


def standing(ties: pa.Table) -> pa.Table:
    """Return the ties that have not ended before the as-of date."""
    return ties.filter(pc.is_null(ties.column("valid_to")))


def evidence_rows(evidence: Mapping[str, pa.Table], as_of: dt.date) -> pa.Table:
    """Return the rows of graph.edge_evidence: without the ends that the tie itself names.

    Evidence comes by layer and goes in the order of ``edge_key``, which is ``layer:src:dst``.
    """
    ends = ["src_id", "dst_id"]
    kept = ["edge_key", "evidence_type", "evidence_ref", "occurred_at", "contribution"]
    layers = [
        in_order(
            evidence[name].select([*ends, *kept]), (*ends, "evidence_type"), ("evidence_ref",)
        ).select(kept)
        for name in sorted(evidence, key=lambda name: f"{name}:")
    ]
    rows = pa.concat_tables(layers)
    dates = pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows)
    return rows.append_column("as_of_date", dates)
