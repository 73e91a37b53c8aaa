"""The whole relationship graph of one as-of date, from core facts to the eight graph tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.graph import COMMUNITY_MEMBERS
from crm_tasks.graph.communities import Found, find_communities
from crm_tasks.graph.engine import Network
from crm_tasks.graph.indicators import (
    Layer,
    measure_layer_paths,
    measure_nodes,
    summarise_layer,
)
from crm_tasks.graph.params import PURCHASE, PURCHASE_SIMILARITY
from crm_tasks.graph.projection import Purchases, drop_common_products, share_products
from crm_tasks.graph.ties import collect_purchase_evidence, evidence_rows, tie_up

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.graph.params import GraphParams

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
left join members on customers.customer_id = members.node_id

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
        Holds customers (core.dim_customers), products (core.dim_products) and order_items
        (core.fct_order_items), as known before ``as_of``.
    previous_members : pyarrow.Table or None
        graph.community_members of the predecessor run, from which community ids are carried.
    as_of : date
        The date everything is computed for; ages count back from it.
    params : GraphParams
        Every number that shapes the result.
    """
    purchase_evidence = collect_purchase_evidence(scratch, as_of, params)
    purchase_ties = tie_up(scratch, purchase_evidence, PURCHASE, as_of, params)
    purchases = Purchases.from_ties(purchase_ties)
    shared_evidence = share_products(purchases, as_of, params)
    similar_ties = tie_up(scratch, shared_evidence, PURCHASE_SIMILARITY, as_of, params)
    scratch.register("purchase_ties", purchase_ties)
    nobody = COMMUNITY_MEMBERS.arrow_schema.empty_table()
    scratch.register("previous_members", nobody if previous_members is None else previous_members)
    purchase, similarity = _layers(scratch, purchase_ties, similar_ties)
    found = find_communities(scratch, similarity.network, as_of, params)
    return {
        "nodes": scratch.query(_NODES, {"as_of": as_of}),
        "edges": pa.concat_tables([purchase_ties, similar_ties]),
        "edge_evidence": evidence_rows(
            pa.concat_tables([purchase_evidence, shared_evidence]), as_of
        ),
        "dropped_products": drop_common_products(purchases, as_of, params),
        "communities": found.communities,
        "community_members": found.members,
        **_measured(purchase, similarity, found, as_of, params),
    }


def _layers(
    scratch: Scratch, purchase_ties: pa.Table, similar_ties: pa.Table
) -> tuple[Layer, Layer]:
    customers = scratch.query("select customer_id from customers").column(0)
    products = scratch.query("select product_id from products").column(0)
    n_customers, n_products = len(customers), len(products)
    everybody = pa.chunked_array([*customers.chunks, *products.chunks], pa.string())
    purchase = Network.from_ties(everybody, purchase_ties, is_directed=True)
    similarity = Network.from_ties(customers, similar_ties, is_directed=False)
    return (
        Layer(PURCHASE, purchase, n_customers * n_products),
        Layer(PURCHASE_SIMILARITY, similarity, n_customers * (n_customers - 1) // 2),
    )


def _measured(
    purchase: Layer, similarity: Layer, found: Found, as_of: dt.date, params: GraphParams
) -> dict[str, pa.Table]:
    of_purchase = measure_layer_paths(purchase, params)
    of_similarity = measure_layer_paths(similarity, params)
    communities = (found.communities.num_rows, found.modularity)
    metrics = [
        measure_nodes(purchase, of_purchase, as_of),
        measure_nodes(similarity, of_similarity, as_of),
    ]
    summaries = [
        summarise_layer(purchase, of_purchase, None, as_of),
        summarise_layer(similarity, of_similarity, communities, as_of),
    ]
    return {"node_metrics": pa.concat_tables(metrics), "summary": pa.concat_tables(summaries)}
