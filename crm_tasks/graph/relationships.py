"""The whole relationship graph of one as-of date, from core facts to the graph tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.graph import COMMUNITY_MEMBERS
from crm_tasks.graph.belonging import check_layers
from crm_tasks.graph.combined import combine, shares
from crm_tasks.graph.communities import Found, find_communities
from crm_tasks.graph.indicators import measure_layer_paths, measure_nodes, summarise_layer
from crm_tasks.graph.layers import Layer, make_layer
from crm_tasks.graph.order import in_order
from crm_tasks.graph.params import COMBINED, PURCHASE, PURCHASE_SIMILARITY, LayerParams
from crm_tasks.graph.projection import Purchases, drop_common_products, share_products
from crm_tasks.graph.ties import collect_evidence, evidence_rows, standing, tie_up

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams

#: Layers that stand in every graph, with ties or without; others stand where a source feeds them.
ALWAYS = (PURCHASE, PURCHASE_SIMILARITY)
#: What the ties of a layer without any would join.
DEFAULT_KINDS = {PURCHASE: ("customer", "product")}
#: Layers that are searched for communities; graph.nodes names those of the first.
GROUPED = (PURCHASE_SIMILARITY, COMBINED)

_KNOWN = """
select customer_id as node_id, 'customer' as kind from customers
union all
select organization_id as node_id, 'organization' as kind from organizations
union all
select product_id as node_id, 'product' as kind from products
"""

_NODES = """
select
    customers.customer_id as node_id,
    coalesce(customers.customer_type, 'individual') as node_type,
    customers.customer_id as label,
    customers.customer_id as customer_id,
    members.community_id as community_id,
    customers.first_seen_at as first_seen_at,
    cast($as_of as date) as as_of_date
from customers
left join members
    on customers.customer_id = members.node_id and members.layer = 'purchase_similarity'

union all

select
    organizations.organization_id as node_id,
    'organization' as node_type,
    coalesce(organizations.name, organizations.organization_id) as label,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as community_id,
    cast(null as timestamp) as first_seen_at,
    cast($as_of as date) as as_of_date
from organizations

union all

select
    products.product_id as node_id,
    'product' as node_type,
    coalesce(products.name, products.product_id) as label,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as community_id,
    bought.first_seen_at as first_seen_at,
    cast($as_of as date) as as_of_date
from products
left join
    (
        select dst_id, min(first_evidence_at) as first_seen_at
        from purchase_ties
        group by dst_id
    ) as bought
    on products.product_id = bought.dst_id
"""


def relate(
    scratch: Scratch, previous_members: pa.Table | None, as_of: dt.date, params: GraphParams
) -> dict[str, pa.Table]:
    """Return the rows of every graph table, by table name.

    Parameters
    ----------
    scratch : Scratch
        Holds customers (core.dim_customers), organizations (core.dim_organizations), products
        (core.dim_products), order_items (core.fct_order_items), stated_ties (core.fct_ties) and
        interactions (core.fct_social_interactions), as known before ``as_of``.
    previous_members : pyarrow.Table or None
        graph.community_members of the predecessor run, from which community ids are carried.
    as_of : date
        The date everything is computed for; ages count back from it.
    params : GraphParams
        Every number that shapes the result.
    """
    known = scratch.query(_KNOWN)
    scratch.register("known_nodes", known)
    tied = _tie_all(scratch, as_of, params)
    scratch.register("purchase_ties", tied.ties[PURCHASE])
    nobody = COMMUNITY_MEMBERS.arrow_schema.empty_table()
    scratch.register("previous_members", nobody if previous_members is None else previous_members)
    layers = _layers(known, tied)
    found = {
        name: find_communities(scratch, name, layers[name].network, as_of, params)
        for name in GROUPED
        if name in layers
    }
    members = pa.concat_tables([one.members for one in found.values()])
    scratch.register("members", members)
    stated = {n: t for n, t in tied.ties.items() if n not in (*ALWAYS, COMBINED)}
    return {
        "nodes": scratch.query(_NODES, {"as_of": as_of}),
        "edges": in_order(pa.concat_tables(tied.ties.values()), ("src_id", "dst_id", "edge_type")),
        "edge_evidence": evidence_rows(tied.evidence, as_of),
        "dropped_products": drop_common_products(tied.purchases, as_of, params),
        "layer_checks": check_layers(tied.purchases, stated, as_of, params),
        "communities": pa.concat_tables([one.communities for one in found.values()]),
        "community_members": members,
        **_measured(layers, found, as_of, params),
    }


@dataclass(frozen=True)
class _Tied:
    """Evidence and ties by layer, and the purchases the similarity rests on."""

    evidence: dict[str, pa.Table]
    ties: dict[str, pa.Table]
    purchases: Purchases


def _tie_all(scratch: Scratch, as_of: dt.date, params: GraphParams) -> _Tied:
    """Return the ties of every layer some fact feeds."""
    evidence: dict[str, pa.Table] = {}
    ties: dict[str, pa.Table] = {}

    def add(name: str, facts: pa.Table, layer: LayerParams) -> None:
        if facts.num_rows or name in ALWAYS:
            evidence[name] = facts
            ties[name] = tie_up(scratch, facts, name, as_of, layer)

    add(PURCHASE, collect_evidence(scratch, PURCHASE, as_of, params), params.layers[PURCHASE])
    purchases = Purchases.from_ties(ties[PURCHASE])
    similar = share_products(purchases, as_of, params)
    add(PURCHASE_SIMILARITY, similar, params.layers[PURCHASE_SIMILARITY])
    for name in sorted(params.layers.keys() - set(ALWAYS)):
        add(name, collect_evidence(scratch, name, as_of, params), params.layers[name])
    parts = shares(params)
    taking_part = [standing(rows) for name, rows in ties.items() if name in parts]
    if taking_part:
        weights = pa.table({"edge_type": list(parts), "weight": list(parts.values())})
        facts = combine(scratch, pa.concat_tables(taking_part), weights)
        add(COMBINED, facts, LayerParams(False, float("inf"), None))
    return _Tied(evidence, ties, purchases)


def _layers(known: pa.Table, tied: _Tied) -> dict[str, Layer]:
    kinds = {
        kind: known.filter(pc.equal(known.column("kind"), kind)).column("node_id")
        for kind in ("customer", "organization", "product")
    }
    return {
        name: make_layer(
            name,
            ties,
            kinds,
            is_directed=name in DEFAULT_KINDS or _is_directed(ties),
            default_kinds=DEFAULT_KINDS.get(name, ("customer", "customer")),
        )
        for name, ties in tied.ties.items()
    }


def _is_directed(ties: pa.Table) -> bool:
    return bool(ties.num_rows and ties.column("is_directed")[0].as_py())


def _measured(
    layers: dict[str, Layer], found: dict[str, Found], as_of: dt.date, params: GraphParams
) -> dict[str, pa.Table]:
    metrics, summaries = [], []
    for name, layer in layers.items():
        paths = measure_layer_paths(layer, params)
        metrics.append(measure_nodes(layer, paths, as_of))
        groups = (
            (found[name].communities.num_rows, found[name].modularity) if name in found else None
        )
        summaries.append(summarise_layer(layer, paths, groups, as_of))
    return {"node_metrics": pa.concat_tables(metrics), "summary": pa.concat_tables(summaries)}
