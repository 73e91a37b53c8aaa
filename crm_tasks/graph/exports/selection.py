# ruff: noqa: S608 (statements are joined out of the constants of this file only)
"""Which part of the published graph an export holds, as queries on the published tables."""

from __future__ import annotations

from dataclasses import dataclass

_CHOSEN = """
with members as (
    select node_id from graph.nodes where community_id = any($communities)
),

chosen as (
    select * from graph.edges
    where
        (len($layers) = 0 or edge_type = any($layers))
        and strength >= $min_strength
        and (
            len($communities) = 0
            or (
                src_id in (select members.node_id from members)
                and dst_id in (select members.node_id from members)
            )
        )
),

shown as (
    select node_id from graph.nodes where not $is_filtered
    union
    select src_id from chosen
    union
    select dst_id from chosen
    union
    select node_id from members
)
"""


@dataclass(frozen=True)
class Selection:
    """A part of the graph: all of it if nothing is asked for.

    Attributes
    ----------
    layers : tuple of str
        Kinds of ties; none: all.
    min_strength : float
        Ties at least so strong.
    communities : tuple of str
        Ties within these communities taken together, and their members.
    """

    layers: tuple[str, ...] = ()
    min_strength: float = 0.0
    communities: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, object]:
        """Values of the queries below."""
        is_filtered = bool(self.layers or self.communities or self.min_strength > 0)
        return {
            "layers": list(self.layers),
            "communities": list(self.communities),
            "min_strength": self.min_strength,
            "is_filtered": is_filtered,
        }


FACTS = (
    _CHOSEN
    + """
select
    (select coalesce(bool_or(is_directed), false) from chosen) as is_directed,
    (select cast(max(as_of_date) as varchar) from graph.nodes) as as_of
"""
)

NODES = (
    _CHOSEN
    + """
select
    nodes.node_id,
    nodes.label,
    nodes.node_type,
    nodes.customer_id,
    nodes.community_id,
    nodes.first_seen_at,
    metrics.degree,
    metrics.pagerank,
    metrics.core_number,
    influences.influence_value,
    nodes.as_of_date
from shown
inner join graph.nodes as nodes on shown.node_id = nodes.node_id
left join graph.node_metrics as metrics
    on nodes.node_id = metrics.node_id and metrics.layer = 'purchase_similarity'
left join graph.customer_influence as influences on nodes.customer_id = influences.customer_id
order by nodes.node_id
"""
)

EDGES = (
    _CHOSEN
    + """
select * from chosen
order by src_id, dst_id, edge_type
"""
)

#: The ties between different nodes as pairs, each once, and the customers among the nodes.
ENDS = (
    _CHOSEN
    + """
select
    least(src_id, dst_id) as src_id,
    greatest(src_id, dst_id) as dst_id,
    max(strength) as strength
from chosen
where src_id <> dst_id
group by least(src_id, dst_id), greatest(src_id, dst_id)
"""
)

CUSTOMERS = (
    _CHOSEN
    + """
select nodes.customer_id
from shown
inner join graph.nodes as nodes on shown.node_id = nodes.node_id
where nodes.customer_id is not null
order by nodes.customer_id
"""
)

#: What is known to be there, to name the nearest where something is not.
KNOWN_LAYERS = "select distinct edge_type as name from graph.edges order by name"
KNOWN_COMMUNITIES = (
    "select distinct community_id as name from graph.nodes "
    "where community_id is not null order by name"
)
