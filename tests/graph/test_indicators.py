"""Node metrics and summaries: figures by hand, and a reason wherever a figure is missing."""

from __future__ import annotations

import pytest

from crm_tasks.contracts.graph import NODE_METRICS, SUMMARY
from crm_tasks.contracts.table import check_rows
from crm_tasks.graph.indicators import measure_layer_paths, measure_nodes, summarise_layer
from crm_tasks.graph.layers import Layer
from crm_tasks.graph.params import PURCHASE, PURCHASE_SIMILARITY, TRUST, GraphParams
from tests.graph.builders import AS_OF, network

PARAMS = GraphParams()
SIMILARITY = Layer(
    PURCHASE_SIMILARITY,
    network("abcde", ("a", "b", 1.0), ("b", "c", 0.5), ("a", "c", 0.25), ("c", "d", 0.5)),
    possible_ties=10,
    joins_two_kinds=False,
)
PURCHASES = Layer(
    PURCHASE,
    network("abxyz", ("a", "x", 0.5), ("a", "y", 0.25), ("b", "x", 0.5), is_directed=True),
    possible_ties=6,
    joins_two_kinds=True,
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


def test_a_directed_layer_of_one_kind_has_every_figure():
    trust = Layer(
        TRUST,
        network("abcd", ("a", "b", 1.0), ("b", "a", 0.5), ("b", "c", 0.5), is_directed=True),
        possible_ties=12,
        joins_two_kinds=False,
    )
    rows = metrics(trust)
    assert (rows["b"]["degree"], rows["b"]["degree_in"], rows["b"]["degree_out"]) == (3, 1, 2)
    # Of the pairs of others only a to c is joined, over b.
    assert rows["b"]["betweenness"] == pytest.approx(1 / 6, abs=1e-9)
    # c is reached by b over 2 and by a over 1 + 2; nobody reaches d.
    assert rows["c"]["harmonic"] == pytest.approx(1 / 2 + 1 / 3, abs=1e-9)
    assert rows["c"]["closeness"] == pytest.approx(2 / 3 * 2 / 5, abs=1e-9)
    assert (rows["a"]["core_number"], rows["c"]["core_number"]) == (2, 1)
    assert rows["d"]["harmonic"] == rows["d"]["clustering"] == 0.0
    row = summary(trust)
    assert row["reciprocity"] == pytest.approx(2 / 3)
    # Both ways, of the two ties that meet the stronger: a-b 1, b-c 2, a-c 3.
    assert row["avg_path_length_lcc"] == pytest.approx(2.0)
    assert "communities" in row["not_computed_reason"]


def ring(n: int) -> Layer:
    names = [chr(0x4E00 + i) for i in range(n)]
    rows = [(one, names[(i + 1) % n], 0.5) for i, one in enumerate(names)]
    return Layer(PURCHASE_SIMILARITY, network("".join(names), *rows), n * (n - 1) // 2, False)


def test_above_the_size_for_exact_paths_figures_come_with_their_errors():
    layer, params = ring(40), GraphParams(exact_paths_up_to_nodes=30, pivots=20, path_samples=2000)
    exact, sampled = metrics(layer), metrics(layer, params)
    for node, row in sampled.items():
        assert not row["is_exact"]
        for name, error in (
            ("betweenness", "betweenness_error"),
            ("closeness", "closeness_error"),
            ("harmonic", "harmonic_error"),
            ("betweenness_hops", "hops_error"),
            ("closeness_hops", "closeness_hops_error"),
        ):
            assert abs(row[name] - exact[node][name]) <= row[error] + 1e-8, name
        assert row["betweenness_error"] > 0 < row["hops_error"]
        # Counted by bit sets: exact.
        assert row["harmonic_hops"] == pytest.approx(exact[node]["harmonic_hops"], abs=1e-8)
        assert row["harmonic_hops_error"] == 0.0
    row = summary(layer, params=params)
    assert (row["path_method"], row["avg_path_length_lcc_hops_error"]) == ("20 pivots", 0.0)
    assert row["diameter_lower_bound"] == 20


def test_above_the_size_for_sampled_paths_a_reason_stands_instead():
    params = GraphParams(
        exact_paths_up_to_nodes=4, sampled_paths_up_to_nodes=8, counted_balls_up_to_nodes=8
    )
    row = metrics(ring(10), params)["一"]
    assert row["betweenness"] is row["harmonic"] is row["betweenness_error"] is None
    assert "over distance: 10 tied nodes, sampled up to 8" in row["not_computed_reason"]
    assert row["harmonic_hops"] > 0 < row["harmonic_hops_error"]
    assert row["pagerank"] is not None
    assert "HyperBall p=8" in summary(ring(10), params=params)["path_method_hops"]


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
    row = summary(Layer(PURCHASE_SIMILARITY, network(""), possible_ties=0, joins_two_kinds=False))
    assert (row["n_nodes"], row["n_edges"], row["n_components"]) == (0, 0, 0)
    assert row["avg_degree"] is row["density"] is row["largest_component_share"] is None
    assert "no ties" in row["not_computed_reason"]
