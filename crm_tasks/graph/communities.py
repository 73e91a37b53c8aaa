"""Communities that keep their names: found by Leiden, carried by overlap, labelled by categories.

A community's id is carried from the predecessor run's community it shares most members with; a new
one is named by a digest of the date and its members. So ids persist while members come and go, and
the same inputs give the same ids.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from crm_tasks.graph import engine
from crm_tasks.graph.params import DECIMALS

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.params import GraphParams

_OVERLAPS = """
with former as (
    select node_id, community_id from previous_members where layer = $layer
),

former_sizes as (
    select community_id, count(*) as size from former group by community_id
),

current_sizes as (
    select group_no, count(*) as size from found group by group_no
),

shared as (
    select found.group_no, former.community_id, count(*) as n_both
    from found
    inner join former on found.node_id = former.node_id
    group by found.group_no, former.community_id
)

select
    shared.group_no,
    shared.community_id,
    round(
        shared.n_both / (current_sizes.size + former_sizes.size - shared.n_both), 9
    ) as overlap
from shared
inner join former_sizes on shared.community_id = former_sizes.community_id
inner join current_sizes on shared.group_no = current_sizes.group_no
order by shared.n_both desc, overlap desc, shared.community_id asc, shared.group_no asc
"""

#: A category labels a community if enough members buy it and it makes up more of their ties to
#: products than of everybody's; shares of ties, since shares of buyers only say who buys much.
_LABELS = """
with sizes as (
    select community_id, count(*) as size from members group by community_id
),

bought as (
    select
        members.community_id,
        members.node_id,
        products.category_l2 as term,
        count(*) as n
    from members
    inner join purchase_ties on members.node_id = purchase_ties.src_id
    inner join products on purchase_ties.dst_id = products.product_id
    where products.category_l2 is not null
    group by members.community_id, members.node_id, products.category_l2
),

inside as (
    select
        community_id,
        term,
        count(*) as n_buyers,
        sum(n) / sum(sum(n)) over (partition by community_id) as share
    from bought
    group by community_id, term
),

everywhere as (
    select term, sum(n) / sum(sum(n)) over () as share from bought group by term
),

ranked as (
    select
        inside.community_id,
        inside.term,
        row_number() over (
            partition by inside.community_id
            order by round(inside.share / everywhere.share, 9) desc, inside.term asc
        ) as place
    from inside
    inner join everywhere on inside.term = everywhere.term
    inner join sizes on inside.community_id = sizes.community_id
    where inside.n_buyers >= $support * sizes.size and inside.share > everywhere.share
)

select community_id, string_agg(term, ', ' order by place asc) as label_terms
from ranked
where place <= $terms
group by community_id
"""


@dataclass(frozen=True)
class Found:
    """Communities of one layer: the two tables and the modularity of the partition."""

    communities: pa.Table
    members: pa.Table
    modularity: float | None


def find_communities(
    scratch: Scratch, layer: str, network: Network, as_of: dt.date, params: GraphParams
) -> Found:
    """Return graph.communities and graph.community_members of an undirected layer.

    ``scratch`` holds previous_members (graph.community_members of the predecessor, maybe empty),
    purchase_ties (src_id, dst_id) and products (product_id, category_l2). Nodes without a tie
    belong to no community.
    """
    tied = network.tied_part()
    group = engine.leiden(tied, params.resolution, params.seed)
    held = engine.cohesion(tied, group)
    steady = stability(tied, group, params)
    names = _name(scratch, layer, tied.ids, group, as_of, params)
    members = _members(layer, tied.ids, group, held.inside, names, as_of)
    scratch.register("members", members)
    labels = scratch.query(_LABELS, {"support": params.label_support, "terms": params.label_terms})
    communities = _communities(
        layer, names, _Quality(np.bincount(group), held, steady), labels, as_of
    )
    return Found(communities, members, held.modularity if len(group) else None)


@dataclass(frozen=True, eq=False)
class _Quality:
    """Size, cohesion and stability by group number."""

    sizes: Ints
    held: engine.Cohesion
    stability: Floats


def stability(network: Network, group: Ints, params: GraphParams) -> Floats:
    """Return how well each community is found again when ties are missing (Hennig 2007).

    Each of ``perturbed_runs`` leaves out ``perturbed_share`` of the ties, each time others, and
    looks for communities anew; a community's stability is the mean, over the runs, of members in
    both / members in either with the community that resembles it most.
    https://doi.org/10.1016/j.csda.2006.11.025
    """
    n_groups = int(group.max(initial=-1)) + 1
    found = np.zeros(n_groups)
    for run in range(params.perturbed_runs):
        random = np.random.default_rng([params.seed, run])
        keep = random.random(network.n_edges) >= params.perturbed_share
        fewer = engine.Network(
            network.ids,
            network.sources[keep],
            network.targets[keep],
            network.strengths[keep],
            network.is_directed,
        )
        found += _best_overlap(group, engine.leiden(fewer, params.resolution, params.seed))
    return found / max(params.perturbed_runs, 1)


def _best_overlap(group: Ints, other: Ints) -> Floats:
    """Return each group's largest members in both / members in either among the other groups."""
    if len(group) == 0:
        return np.empty(0)
    both = sp.coo_matrix((np.ones(len(group)), (group, other))).tocsr().tocoo()
    sizes, other_sizes = np.bincount(group), np.bincount(other)
    overlap = both.data / (sizes[both.row] + other_sizes[both.col] - both.data)
    best = np.zeros(len(sizes))
    np.maximum.at(best, both.row, overlap)
    return best


@dataclass(frozen=True)
class _Names:
    """Id of each group, and the community it continues with its overlap, where there is one."""

    ids: list[str]
    previous: list[str | None]
    overlap: list[float | None]


def _name(
    scratch: Scratch,
    layer: str,
    nodes: pa.StringArray,
    group: Ints,
    as_of: dt.date,
    params: GraphParams,
) -> _Names:
    scratch.register("found", pa.table({"node_id": nodes, "group_no": group}))
    overlaps = scratch.query(_OVERLAPS, {"layer": layer}).to_pylist()
    carried: dict[int, tuple[str, float]] = {}
    for pair in overlaps:
        number, former, overlap = pair["group_no"], pair["community_id"], pair["overlap"]
        is_free = number not in carried and former not in {name for name, _ in carried.values()}
        if is_free and overlap >= params.carried_from_overlap:
            carried[number] = (former, overlap)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group)) if len(group) else np.empty(0, np.int64)
    parts = np.split(order, ends[:-1])
    fresh = [_digest(layer, nodes.take(pa.array(part)), as_of) for part in parts if len(group)]
    return _Names(
        ids=[carried[i][0] if i in carried else digest for i, digest in enumerate(fresh)],
        previous=[carried[i][0] if i in carried else None for i in range(len(fresh))],
        overlap=[carried[i][1] if i in carried else None for i in range(len(fresh))],
    )


def _digest(layer: str, members: pa.StringArray, as_of: dt.date) -> str:
    content = "\n".join([layer, as_of.isoformat(), *members.to_pylist()])
    return f"community-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _members(
    layer: str,
    nodes: pa.StringArray,
    group: Ints,
    inside: Floats,
    names: _Names,
    as_of: dt.date,
) -> pa.Table:
    n = len(nodes)
    return pa.table(
        {
            "community_id": pa.array(names.ids, pa.string()).take(pa.array(group)),
            "layer": pa.repeat(layer, n),
            "node_id": nodes,
            "membership": pa.array(inside.round(DECIMALS)),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def _communities(
    layer: str,
    names: _Names,
    quality: _Quality,
    labels: pa.Table,
    as_of: dt.date,
) -> pa.Table:
    n = len(names.ids)
    terms = dict(zip(*(labels.column(c).to_pylist() for c in labels.column_names), strict=True))
    return pa.table(
        {
            "community_id": pa.array(names.ids, pa.string()),
            "layer": pa.repeat(layer, n),
            "size": pa.array(quality.sizes, pa.int32()),
            "internal_edge_share": pa.array(quality.held.internal_share.round(DECIMALS)),
            "modularity_part": pa.array(quality.held.modularity_part.round(DECIMALS)),
            "stability": pa.array(quality.stability.round(DECIMALS)),
            "label_terms": pa.array([terms.get(name) for name in names.ids], pa.string()),
            "previous_community_id": pa.array(names.previous, pa.string()),
            "overlap": pa.array(names.overlap, pa.float64()),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )
