# ruff: noqa: S608 (statements are joined out of the constants of this file only)
"""What pictures show, read out of the published tables: queries, and their rows as views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.graph.pictures.ego import Circle, Neighbour, Tie
from crm_tasks.graph.pictures.overview import Bridge, Community

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.graph.pictures.wording import Language

#: A purchase joins a customer with a product, and combined is made of the other layers.
_TIES = """
with standing as (
    select src_id, dst_id, edge_type, strength
    from graph.edges
    where edge_type not in ('purchase', 'combined') and valid_to is null
),

circle as (
    select $customer_id as node_id
    union
    select dst_id from standing where src_id = $customer_id
    union
    select src_id from standing where dst_id = $customer_id
)
"""

CIRCLE_TIES = (
    _TIES
    + """
select standing.src_id, standing.dst_id, standing.edge_type, standing.strength
from standing
where
    standing.src_id in (select circle.node_id from circle)
    and standing.dst_id in (select circle.node_id from circle)
order by standing.src_id, standing.dst_id, standing.edge_type
"""
)

#: Two communities of one name are told apart by the beginning of their ids.
_NAMED = """
select
    community_id,
    case
        when label_terms is null then null
        when count(*) over (partition by label_terms) > 1
            then label_terms || ' · ' || right(community_id, 4)
        else label_terms
    end as name,
    size,
    internal_edge_share
from graph.communities
where
    layer = 'purchase_similarity'
    and as_of_date = (select max(nodes.as_of_date) from graph.nodes)
"""

CIRCLE_NODES = (
    _TIES
    + f""",

named as (
    {_NAMED}
),

degrees as (
    select node_id, cast(sum(degree) as integer) as degree
    from graph.node_metrics
    where layer not in ('purchase', 'combined')
    group by node_id
)

select
    nodes.node_id,
    case when nodes.customer_id is null then nodes.label else left(nodes.node_id, 8) end as label,
    replace(features.rfm_segment, '_', ' ') as note,
    definitions.segment_name_zh as note_zh,
    coalesce(degrees.degree, 0) as degree,
    coalesce(named.name, nodes.community_id) as community,
    nodes.node_type = 'organization' as is_organization,
    nodes.as_of_date
from circle
inner join graph.nodes as nodes on circle.node_id = nodes.node_id
left join degrees on nodes.node_id = degrees.node_id
left join named on nodes.community_id = named.community_id
left join features.feat_customers_wide as features
    on nodes.customer_id = features.customer_id and nodes.as_of_date = features.as_of_date
left join ml.segment_definitions as definitions
    on
        features.rfm_segment = definitions.segment_name
        and definitions.segmentation = 'rfm'
order by nodes.node_id
"""
)

COMMUNITIES = _NAMED + "order by community_id"

BRIDGES = """
select
    least(sources.community_id, targets.community_id) as a,
    greatest(sources.community_id, targets.community_id) as b,
    cast(sum(cast(edges.strength as decimal(18, 9))) as double) as strength
from graph.edges as edges
inner join graph.nodes as sources on edges.src_id = sources.node_id
inner join graph.nodes as targets on edges.dst_id = targets.node_id
where
    edges.edge_type = 'purchase_similarity'
    and edges.valid_to is null
    and sources.community_id <> targets.community_id
group by
    least(sources.community_id, targets.community_id),
    greatest(sources.community_id, targets.community_id)
order by a, b
"""

AS_OF = "select cast(max(as_of_date) as varchar) as as_of from graph.nodes"


def as_circle(
    customer_id: str, nodes: pa.Table, ties: pa.Table, language: Language
) -> Circle | None:
    """Return the circle of a customer from CIRCLE_NODES and CIRCLE_TIES, None without such a one.

    An organization is nobody's customer and stands in the middle of no circle.
    """
    people = {row["node_id"]: row for row in nodes.to_pylist()}
    if customer_id not in people or people[customer_id]["is_organization"]:
        return None
    others = tuple(_neighbour(row, language) for id_, row in people.items() if id_ != customer_id)
    return Circle(
        _neighbour(people[customer_id], language),
        others,
        tuple(Tie(*row.values()) for row in ties.to_pylist()),
        people[customer_id]["as_of_date"].isoformat(),
    )


def _neighbour(row: dict[str, object], language: Language) -> Neighbour:
    note = row["note_zh"] if language == "zh" else row["note"]
    return Neighbour(
        str(row["node_id"]),
        str(row["label"]),
        None if note is None else str(note),
        int(str(row["degree"])),
        None if row["community"] is None else str(row["community"]),
        bool(row["is_organization"]),
    )


def as_communities(
    communities: pa.Table, bridges: pa.Table
) -> tuple[list[Community], list[Bridge]]:
    """Return what the overview draws from COMMUNITIES and BRIDGES."""
    circles = [Community(*row.values()) for row in communities.to_pylist()]
    return circles, [Bridge(*row.values()) for row in bridges.to_pylist()]
