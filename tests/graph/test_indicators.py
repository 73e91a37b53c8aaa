"""Node metrics and summaries: figures by hand, and a reason wherever a figure is missing."""

from __future__ import annotations

import pytest

from crm_tasks.contracts.graph import NODE_METRICS, SUMMARY
from crm_tasks.contracts.table import check_rows
from crm_tasks.graph.indicators import Layer, measure_layer_paths, measure_nodes, summarise_layer
from crm_tasks.graph.params import PURCHASE, PURCHASE_SIMILARITY, GraphParams
from tests.graph.builders import AS_OF, network

PARAMS = GraphParams()
SIMILARITY = Layer(
    PURCHASE_SIMILARITY,
    network("abcde", ("a", "b", 1.0), ("b", "c", 0.5), ("a", "c", 0.25), ("c", "d", 0.5)),
    possible_ties=10,
)
PURCHASES = Layer(
    PURCHASE,
    network("abxyz", ("a", "x", 0.5), ("a", "y", 0.25), ("b", "x", 0.5), is_directed=True),
    possible_ties=6,
)


def metrics(layer, params=PARAMS):
    rows = check_rows(NODE_METRICS, measure_nodes(layer, measure_layer_paths(layer, params), AS_OF))
    return {row["node_id"]: row for row in rows.to_pylist()}


def summary(layer, communities=None, params=PARAMS):
    paths = measure_layer_paths(layer, params)
    return check_rows(SUMMARY, summarise_layer(layer, paths, communities, AS_OF)).to_pylist()[0]


def test_a_node_of_an_undirected_layer_has_its_figures_by_hand():
    c = metrics(SIMILARITY)["c"]
    assert (c["degree"], c["degree_in"], c["degree_out"], c["core_number"]) == (3, 3, 3, 2)
    assert c["weighted_degree"] == c["strength_in"] == 1.25
    assert c["clustering"] == pytest.approx(1 / 3, abs=1e-9)
    # c is between d and each of a, b: 2 of the 6 pairs of others, over distance and over hops.
    assert c["betweenness"] == c["betweenness_hops"] == pytest.approx(2 / 6, abs=1e-9)
    assert c["harmonic"] == pytest.approx(1 / 2 + 1 / 2 + 1 / 3, abs=1e-9)
    assert c["closeness"] == pytest.approx((3 / 4) * 3 / (2 + 2 + 3), abs=1e-9)
    assert c["closeness_hops"] == pytest.approx((3 / 4) * 1.0, abs=1e-9)
    assert c["betweenness_error"] == c["hops_error"] == 0.0


def test_a_node_without_ties_has_zeros_and_its_share_of_pagerank():
    rows = metrics(SIMILARITY)
    assert rows["e"]["degree"] == 0
    assert rows["e"]["closeness"] == rows["e"]["betweenness"] == 0.0
    assert 0 < rows["e"]["pagerank"] < rows["d"]["pagerank"]
    assert sum(row["pagerank"] for row in rows.values()) == pytest.approx(1.0, abs=1e-7)


def test_a_layer_of_two_kinds_has_degrees_only_and_says_why():
    rows = metrics(PURCHASES)
    assert (rows["a"]["degree"], rows["a"]["degree_out"], rows["a"]["degree_in"]) == (2, 2, 0)
    assert (rows["x"]["degree"], rows["x"]["degree_in"], rows["x"]["strength_in"]) == (2, 2, 1.0)
    assert rows["a"]["weighted_degree"] == 0.75
    for name in ("pagerank", "betweenness", "closeness_hops", "core_number", "clustering"):
        assert rows["a"][name] is None
    assert "two kinds" in rows["a"]["not_computed_reason"]


def test_above_the_size_for_exact_paths_a_reason_stands_instead():
    rows = metrics(SIMILARITY, GraphParams(exact_paths_up_to_nodes=4))
    assert rows["a"]["betweenness"] is rows["a"]["harmonic_hops"] is None
    assert rows["a"]["hops_error"] is None
    assert "5 nodes, exact ones are computed up to 4" in rows["a"]["not_computed_reason"]
    assert rows["a"]["pagerank"] is not None


def test_the_summary_of_a_disconnected_layer_looks_at_its_largest_component():
    row = summary(SIMILARITY, communities=(1, 0.25))
    assert (row["n_nodes"], row["n_isolated"], row["n_edges"]) == (5, 1, 4)
    assert row["avg_degree"] == pytest.approx(8 / 5)
    assert row["density"] == pytest.approx(4 / 10)
    assert (row["n_components"], row["largest_component_share"]) == (2, 0.8)
    # Over distance a-c goes over b: 1 + 2 = 3.
    assert row["avg_path_length_lcc"] == pytest.approx((1 + 3 + 5 + 2 + 4 + 2) / 6)
    assert row["avg_path_length_lcc_hops"] == pytest.approx((1 + 1 + 2 + 1 + 2 + 1) / 6, abs=1e-9)
    assert row["diameter_lower_bound"] == 2
    assert row["transitivity"] == pytest.approx(3 / 5)
    assert row["reciprocity"] is None
    assert "no direction" in row["not_computed_reason"]
    assert (row["n_communities"], row["modularity"]) == (1, 0.25)


def test_the_summary_of_purchases_counts_customers_times_products_as_possible():
    row = summary(PURCHASES)
    assert row["density"] == 0.5
    assert row["n_components"] == 2
    assert row["reciprocity"] == 0.0
    assert row["transitivity"] is row["avg_path_length_lcc"] is None
    assert "two kinds" in row["not_computed_reason"]


def test_an_empty_layer_is_summarised_too():
    row = summary(Layer(PURCHASE_SIMILARITY, network(""), possible_ties=0))
    assert (row["n_nodes"], row["n_edges"], row["n_components"]) == (0, 0, 0)
    assert row["avg_degree"] is row["density"] is row["largest_component_share"] is None
    assert "no ties" in row["not_computed_reason"]
