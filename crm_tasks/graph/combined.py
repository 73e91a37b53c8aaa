"""The layer ``combined``: acquaintance from several kinds of ties, by declared weights only.

For each pair of customers, with s the strength of a layer's tie between them (of two that meet, the
stronger) and v the weight the layer declares:

    strength = sum of v * s over the layers / sum of v over all layers declared

so a layer that says nothing about a pair counts as nothing, and a fact dropped from one layer moves
the pair by just its part. Each tie that takes part is a row of evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.graph.params import COMBINED

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams

_SHARES = """
with pairs as (
    select
        least(src_id, dst_id) as src_id,
        greatest(src_id, dst_id) as dst_id,
        edge_type,
        edge_key,
        last_evidence_at,
        strength,
        row_number() over (
            partition by least(src_id, dst_id), greatest(src_id, dst_id), edge_type
            order by strength desc, edge_key asc
        ) as place
    from social_ties
    where
        src_id in (select customers.customer_id from customers)
        and dst_id in (select customers.customer_id from customers)
)

select
    $edge_type || ':' || pairs.src_id || ':' || pairs.dst_id as edge_key,
    pairs.src_id,
    pairs.dst_id,
    'tie' as evidence_type,
    pairs.edge_key as evidence_ref,
    pairs.last_evidence_at as occurred_at,
    cast(null as timestamp) as ended_at,
    greatest(round(pairs.strength * weights.weight, 9), 1e-9) as contribution
from pairs
inner join weights on pairs.edge_type = weights.edge_type
where pairs.place = 1
"""


def combine(scratch: Scratch, ties: pa.Table, weights: pa.Table) -> pa.Table:
    """Return the evidence of the layer ``combined``: one row per pair and layer.

    Parameters
    ----------
    scratch : Scratch
        Holds customers.
    ties : pyarrow.Table
        Rows of graph.edges that stand, of any layers.
    weights : pyarrow.Table
        edge_type and its share of all weights.
    """
    scratch.register("social_ties", ties)
    scratch.register("weights", weights)
    return scratch.query(_SHARES, {"edge_type": COMBINED})


def shares(params: GraphParams) -> dict[str, float]:
    """Return each declared weight as a share of all; empty if none is declared."""
    weights = {name: layer.weight for name, layer in params.layers.items() if layer.weight > 0}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
