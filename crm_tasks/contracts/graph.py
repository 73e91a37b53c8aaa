"""Contracts of the graph tables: nodes, ties with their evidence, measures, communities.

A layer is one ``edge_type``. Two numbers stand on every tie: ``strength`` in (0, 1] and
``distance = 1 / strength``; a measure over paths reads the distance, never the strength.
"""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

EDGE_TYPES = (
    "purchase, purchase_similarity, trust, cooperation, referral, reply, mention, works_for, "
    "same_household or combined"
)


def _layer() -> Column:
    return Column("layer", "VARCHAR", f"Edge type: {EDGE_TYPES}", False)


NODES = Table(
    schema="graph",
    name="nodes",
    grain="One row per customer, organization or product",
    key=("node_id",),
    columns=(
        Column("node_id", "VARCHAR", "The customer_id or product_id", False),
        Column("node_type", "VARCHAR", "individual, organization or product", False),
        Column(
            "label",
            "VARCHAR",
            "Name of a product or organization; customers are labelled by their id",
            False,
        ),
        Column("customer_id", "VARCHAR", "Customer, NULL for anything else"),
        Column("community_id", "VARCHAR", "Community in purchase_similarity; NULL without a tie"),
        Column("first_seen_at", "TIMESTAMP", "First fact known about it, where there is one"),
        as_of_date_column(),
    ),
)

EDGES = Table(
    schema="graph",
    name="edges",
    grain="One row per tie: source, target and type; undirected ties stand once, src_id < dst_id",
    key=("src_id", "dst_id", "edge_type"),
    columns=(
        Column("src_id", "VARCHAR", "Node the tie starts from", False),
        Column("dst_id", "VARCHAR", "Node the tie leads to", False),
        Column("edge_type", "VARCHAR", EDGE_TYPES, False),
        Column("edge_key", "VARCHAR", "type:src:dst, the name evidence refers to", False),
        Column("is_directed", "BOOLEAN", "Whether the tie leads from src to dst only", False),
        Column("strength", "DOUBLE", "Strength in (0, 1], a function of its evidence only", False),
        Column("distance", "DOUBLE", "1 / strength, what path measures read", False),
        Column("n_evidence", "INTEGER", "Rows of graph.edge_evidence that carry the tie", False),
        Column("first_evidence_at", "TIMESTAMP", "Oldest dated evidence; NULL if none is dated"),
        Column("last_evidence_at", "TIMESTAMP", "Newest dated evidence"),
        Column("valid_from", "TIMESTAMP", "Since when the tie holds; NULL if no evidence is dated"),
        Column(
            "valid_to",
            "TIMESTAMP",
            "Until when it held; NULL while it holds. Ended ties are in no measure",
        ),
        Column(
            "confidence",
            "DOUBLE",
            "Confidence that it joins the right two, from their identity, 0 to 1",
            False,
        ),
        as_of_date_column(),
    ),
)

EDGE_EVIDENCE = Table(
    schema="graph",
    name="edge_evidence",
    grain="One row per fact that carries a tie",
    key=("edge_key", "evidence_type", "evidence_ref"),
    columns=(
        Column("edge_key", "VARCHAR", "Tie in graph.edges", False),
        Column(
            "evidence_type",
            "VARCHAR",
            "order_item, shared_product, stated_tie, interaction, or tie (of another layer)",
            False,
        ),
        Column(
            "evidence_ref",
            "VARCHAR",
            "Its order_item_id, product_id, tie_id, interaction_id or edge_key",
            False,
        ),
        Column(
            "occurred_at",
            "TIMESTAMP",
            "When; of a shared product the later purchase; NULL: undated",
        ),
        Column(
            "contribution", "DOUBLE", "What it adds before saturation; ages by half-life", False
        ),
        as_of_date_column(),
    ),
)

NODE_METRICS = Table(
    schema="graph",
    name="node_metrics",
    grain="One row per node and layer it may have ties in",
    key=("node_id", "layer"),
    columns=(
        Column("node_id", "VARCHAR", "Node", False),
        _layer(),
        Column("degree", "INTEGER", "Ties of the node in this layer", False, "ties"),
        Column("degree_in", "INTEGER", "Ties that lead to it; all of them if undirected", False),
        Column(
            "degree_out", "INTEGER", "Ties that start from it; all of them if undirected", False
        ),
        Column("weighted_degree", "DOUBLE", "Sum of the strengths of its ties", False),
        Column("strength_in", "DOUBLE", "Sum of strengths of the ties that lead to it", False),
        Column("strength_out", "DOUBLE", "Sum of strengths of the ties that start from it", False),
        Column("betweenness", "DOUBLE", "Share of shortest paths through it, over distance"),
        Column("betweenness_error", "DOUBLE", "Largest error of betweenness; 0 if exact"),
        Column("closeness", "DOUBLE", "Closeness over distance, within reach (Wasserman-Faust)"),
        Column("closeness_error", "DOUBLE", "Error of closeness: 4 standard errors; 0 if exact"),
        Column("harmonic", "DOUBLE", "Sum of 1 / shortest distance to every other node"),
        Column("harmonic_error", "DOUBLE", "Error of harmonic: 4 standard errors; 0 if exact"),
        Column("betweenness_hops", "DOUBLE", "Share of shortest paths through it, over hops"),
        Column("closeness_hops", "DOUBLE", "Closeness over hops, within reach"),
        Column("harmonic_hops", "DOUBLE", "Sum of 1 / hops to every other node"),
        Column("hops_error", "DOUBLE", "Error of betweenness_hops, kept with 95 %; 0 if exact"),
        Column("closeness_hops_error", "DOUBLE", "Error of closeness_hops; 0 if exact"),
        Column("harmonic_hops_error", "DOUBLE", "Error of harmonic_hops; 0 if exact"),
        Column("pagerank", "DOUBLE", "PageRank weighted by strength; sums to 1 in the layer"),
        Column("eigenvector", "DOUBLE", "Eigenvector centrality weighted by strength, of length 1"),
        Column("core_number", "INTEGER", "Largest k such that it belongs to the k-core"),
        Column(
            "clustering", "DOUBLE", "Share of its neighbours' pairs that are tied", unit="share"
        ),
        Column("metric_engine", "VARCHAR", "Libraries that computed the row", False),
        Column("is_exact", "BOOLEAN", "Whether every figure given is exact", False),
        Column("not_computed_reason", "VARCHAR", "Why figures are NULL, where any is"),
        as_of_date_column(),
    ),
)

DROPPED_PRODUCTS = Table(
    schema="graph",
    name="dropped_products",
    grain="One row per product left out of purchase_similarity because too many buy it",
    key=("product_id",),
    columns=(
        Column("product_id", "VARCHAR", "Product", False),
        Column("n_customers", "INTEGER", "Customers who bought it", False, "customers"),
        Column("reason", "VARCHAR", "Which cap it passed", False),
        as_of_date_column(),
    ),
)

LAYER_CHECKS = Table(
    schema="graph",
    name="layer_checks",
    grain="One row per stated layer with ties: do they belong to these customers",
    key=("layer",),
    columns=(
        _layer(),
        Column("n_ties", "BIGINT", "Ties of the layer", False, "ties"),
        Column("n_pairs", "BIGINT", "Ties of which both ends bought something", False, "ties"),
        Column("shared_products_tied", "DOUBLE", "Mean products tied pairs both bought"),
        Column("shared_products_shuffled", "DOUBLE", "The same with second ends shuffled"),
        Column("shared_products_ratio", "DOUBLE", "Tied / shuffled; near 1: people of elsewhere"),
        Column("deviation", "DOUBLE", "Standard deviations of the shuffles between the two"),
        Column("verdict", "VARCHAR", "belongs, foreign, or too_few to tell", False),
        as_of_date_column(),
    ),
)

COMMUNITIES = Table(
    schema="graph",
    name="communities",
    grain="One row per community of a layer and as-of date",
    key=("layer", "community_id", "as_of_date"),
    columns=(
        Column("community_id", "VARCHAR", "Persistent id, carried from run to run", False),
        _layer(),
        Column("size", "INTEGER", "Members", False, "nodes"),
        Column(
            "internal_edge_share",
            "DOUBLE",
            "Share of its members' summed strength that stays inside",
            False,
            "share",
        ),
        Column("modularity_part", "DOUBLE", "What it adds to the partition's modularity", False),
        Column(
            "stability",
            "DOUBLE",
            "How much of it is found again with a tenth of the ties left out",
            False,
            "share",
        ),
        Column("label_terms", "VARCHAR", "Categories its members buy more than others do"),
        Column("previous_community_id", "VARCHAR", "Predecessor's community it continues"),
        Column("overlap", "DOUBLE", "Members in both / members in either", unit="share"),
        as_of_date_column(),
    ),
    history="snapshot",
)

COMMUNITY_MEMBERS = Table(
    schema="graph",
    name="community_members",
    grain="One row per node with a tie in the layer and as-of date",
    key=("layer", "node_id", "as_of_date"),
    columns=(
        Column("community_id", "VARCHAR", "Community", False),
        _layer(),
        Column("node_id", "VARCHAR", "Member", False),
        Column(
            "membership",
            "DOUBLE",
            "Share of the member's summed strength that stays in its community",
            False,
            "share",
        ),
        as_of_date_column(),
    ),
    history="snapshot",
)

SUMMARY = Table(
    schema="graph",
    name="summary",
    grain="One row per layer and as-of date",
    key=("layer", "as_of_date"),
    columns=(
        _layer(),
        Column("n_nodes", "BIGINT", "Nodes that may have ties in the layer", False, "nodes"),
        Column("n_isolated", "BIGINT", "Nodes without any tie", False, "nodes"),
        Column("n_edges", "BIGINT", "Ties", False, "ties"),
        Column("avg_degree", "DOUBLE", "Mean degree over all nodes", unit="ties"),
        Column("density", "DOUBLE", "Ties / possible ties between the kinds joined", unit="share"),
        Column("n_components", "BIGINT", "Components, isolated nodes counted", False),
        Column("largest_component_share", "DOUBLE", "Share of nodes in the largest", unit="share"),
        Column(
            "avg_path_length_lcc", "DOUBLE", "Mean distance within the largest component, both ways"
        ),
        Column("avg_path_length_lcc_error", "DOUBLE", "Its error: 4 standard errors; 0 if exact"),
        Column("avg_path_length_lcc_hops", "DOUBLE", "Mean hops within it", unit="hops"),
        Column("avg_path_length_lcc_hops_error", "DOUBLE", "Its error; 0 if exact", unit="hops"),
        Column("diameter_lower_bound", "INTEGER", "Longest shortest path found", unit="hops"),
        Column("assortativity", "DOUBLE", "Correlation of degrees over ties, -1 to 1"),
        Column("reciprocity", "DOUBLE", "Share of directed ties that are returned", unit="share"),
        Column("transitivity", "DOUBLE", "Share of connected triples that close", unit="share"),
        Column("n_communities", "INTEGER", "Communities found"),
        Column("modularity", "DOUBLE", "Modularity of the communities, weighted by strength"),
        Column("path_method", "VARCHAR", "How measures over distance were made: exact or sampled"),
        Column("path_method_hops", "VARCHAR", "How measures over hops were made"),
        Column("not_computed_reason", "VARCHAR", "Why figures are NULL, where any is"),
        as_of_date_column(),
    ),
    history="snapshot",
)

TABLES = (
    NODES,
    EDGES,
    EDGE_EVIDENCE,
    NODE_METRICS,
    DROPPED_PRODUCTS,
    LAYER_CHECKS,
    COMMUNITIES,
    COMMUNITY_MEMBERS,
    SUMMARY,
)
