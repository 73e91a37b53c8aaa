"""Every measure equals networkx within 1e-9 on random networks, and the written-out answers."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.errors import ContractError
from crm_tasks.graph import engine
from tests.graph.builders import network, random_network, ties

UNDIRECTED = [random_network(seed) for seed in range(24)]
DIRECTED = [random_network(seed, is_directed=True) for seed in range(24)]
TRIANGLE_WITH_TAIL = (("a", "b", 1.0), ("b", "c", 0.5), ("a", "c", 0.25), ("c", "d", 0.5))


def as_networkx(layer: engine.Network) -> nx.Graph:
    graph = nx.DiGraph() if layer.is_directed else nx.Graph()
    graph.add_nodes_from(range(layer.n_nodes))
    for source, target, strength in zip(layer.sources, layer.targets, layer.strengths, strict=True):
        graph.add_edge(int(source), int(target), strength=strength, distance=1.0 / strength)
    return graph


def without_loops(graph: nx.Graph) -> nx.Graph:
    copy = graph.copy()
    copy.remove_edges_from(list(nx.selfloop_edges(graph)))
    return copy


def assert_equal(found: np.ndarray, expected: dict[int, float]) -> None:
    assert np.allclose(found, [expected[i] for i in range(len(found))], rtol=0, atol=1e-9)


def test_the_random_networks_are_of_every_kind():
    sizes = [layer.n_nodes for layer in UNDIRECTED]
    components = [engine.component_of_each(layer).max(initial=-1) + 1 for layer in UNDIRECTED]
    assert 0 in sizes
    assert max(sizes) > 30
    assert any(layer.n_edges == 0 < layer.n_nodes for layer in UNDIRECTED)
    assert any(1 < count < size for count, size in zip(components, sizes, strict=True))
    assert any(count == 1 and size > 5 for count, size in zip(components, sizes, strict=True))
    assert any(layer.is_loop.any() for layer in UNDIRECTED)
    assert any(layer.is_loop.any() for layer in DIRECTED)


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
def test_degrees_strengths_and_pagerank_equal_networkx(layer):
    graph = as_networkx(layer)
    into, out = engine.degrees(layer)
    strength_in, strength_out = engine.strengths(layer)
    if layer.is_directed:
        assert_equal(into, dict(graph.in_degree()))
        assert_equal(strength_out, dict(graph.out_degree(weight="strength")))
    assert_equal(out, dict(graph.out_degree() if layer.is_directed else graph.degree()))
    assert_equal(
        strength_in,
        dict(
            graph.in_degree(weight="strength")
            if layer.is_directed
            else graph.degree(weight="strength")
        ),
    )
    if layer.n_nodes:
        expected = nx.pagerank(graph, weight="strength", tol=1e-14, max_iter=2000)
        assert_equal(engine.pagerank(layer), expected)


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
@pytest.mark.parametrize(("over", "weight"), [("distance", "distance"), ("hops", None)])
def test_path_measures_equal_networkx(layer, over, weight):
    graph = as_networkx(layer)
    measured = engine.measure_paths(layer, over)
    assert_equal(measured.betweenness, nx.betweenness_centrality(graph, weight=weight))
    assert_equal(measured.closeness, nx.closeness_centrality(graph, distance=weight))
    assert_equal(measured.harmonic, nx.harmonic_centrality(graph, distance=weight))


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
@pytest.mark.parametrize(("over", "weight"), [("distance", "distance"), ("hops", None)])
def test_mean_length_of_the_largest_component_equals_networkx(layer, over, weight):
    measured = engine.measure_paths(layer, over)
    members = np.flatnonzero(engine.component_of_each(layer) == 0).tolist()
    if len(members) < 2:
        assert measured.mean_length is measured.longest is None
        return
    # Ties are read in both directions; of two that meet the stronger is the shorter road.
    both_ways = as_networkx(layer.undirected).subgraph(members)
    expected = nx.average_shortest_path_length(both_ways, weight=weight)
    assert measured.mean_length == pytest.approx(expected, abs=1e-9)
    assert measured.longest == pytest.approx(nx.diameter(both_ways, weight=weight), abs=1e-9)


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
def test_eigenvector_equals_networkx_and_is_none_where_it_does_not_settle(layer):
    found = engine.eigenvector(layer)
    if layer.n_nodes == 0:
        assert len(found) == 0
        return
    try:
        expected = nx.eigenvector_centrality(
            as_networkx(layer), max_iter=1000, tol=1e-14, weight="strength"
        )
    except nx.PowerIterationFailedConvergence:
        assert found is None
        return
    assert_equal(found, expected)


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
def test_cores_and_clustering_equal_networkx_once_loops_are_removed(layer):
    graph = without_loops(as_networkx(layer))
    assert_equal(engine.core_numbers(layer), nx.core_number(graph))
    assert_equal(engine.local_clustering(layer), nx.clustering(graph))
    both_ways = without_loops(as_networkx(layer.undirected))
    assert engine.transitivity(layer) == pytest.approx(nx.transitivity(both_ways), abs=1e-9)
    assert_equal(engine.triangles(layer), nx.triangles(both_ways))


@pytest.mark.parametrize("layer", DIRECTED)
def test_strong_components_equal_networkx(layer):
    found = engine.strong_component_of_each(layer)
    expected = {frozenset(p) for p in nx.strongly_connected_components(as_networkx(layer))}
    assert {frozenset(np.flatnonzero(found == k).tolist()) for k in np.unique(found)} == expected


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
def test_components_equal_networkx_and_come_largest_first(layer):
    graph = as_networkx(layer)
    found = engine.component_of_each(layer)
    parts = nx.weakly_connected_components if layer.is_directed else nx.connected_components
    expected = {frozenset(part) for part in parts(graph)}
    groups = {frozenset(np.flatnonzero(found == k).tolist()) for k in np.unique(found)}
    assert groups == expected
    assert np.all(np.diff(np.bincount(found)) <= 0) or len(found) == 0


@pytest.mark.parametrize("layer", UNDIRECTED + DIRECTED)
def test_mixing_measures_equal_networkx_where_it_defines_them(layer):
    graph = as_networkx(layer)
    assortativity = engine.degree_assortativity(layer)
    if assortativity is not None:
        expected = nx.degree_assortativity_coefficient(graph)
        assert assortativity == pytest.approx(expected, abs=1e-9)
    returned = engine.reciprocity(layer)
    if layer.is_directed and layer.n_edges:
        assert returned == pytest.approx(nx.overall_reciprocity(graph), abs=1e-9)
    else:
        assert returned is None


def test_a_tie_is_a_short_road_when_it_is_strong():
    layer = network("abcd", *TRIANGLE_WITH_TAIL)
    by_distance = engine.measure_paths(layer, "distance")
    by_hops = engine.measure_paths(layer, "hops")
    # a-c costs 4 directly and 1 + 2 over b; b stands between a and c, and between a and d.
    assert by_distance.betweenness.tolist() == [0.0, 2 / 3, 2 / 3, 0.0]
    assert by_hops.betweenness.tolist() == [0.0, 0.0, 2 / 3, 0.0]
    assert by_distance.mean_length == pytest.approx((1 + 3 + 5 + 2 + 4 + 2) / 6)


def test_measures_of_a_single_node_are_declared():
    layer = network("a")
    measured = engine.measure_paths(layer, "distance")
    assert engine.pagerank(layer).tolist() == [1.0]
    assert measured.betweenness.tolist() == measured.closeness.tolist() == [0.0]
    assert measured.mean_length is None
    assert engine.degree_assortativity(layer) is None
    assert engine.leiden(layer).tolist() == [0]


def test_measures_of_an_empty_network_are_empty():
    layer = network("")
    assert len(engine.pagerank(layer)) == len(engine.leiden(layer)) == 0
    assert len(engine.measure_paths(layer, "hops").harmonic) == 0


@pytest.mark.parametrize(
    "rows",
    [
        (("a", "a", 1.0),),
        (("a", "b", 1.0), ("b", "a", 0.5)),
        (("a", "b", 0.0),),
        (("a", "z", 1.0),),
    ],
    ids=["loop", "doubled", "no strength", "unknown end"],
)
def test_odd_ties_are_refused(rows):
    with pytest.raises(ContractError):
        network("ab", *rows)


def test_a_node_that_stands_twice_is_refused():
    with pytest.raises(ContractError, match="stands twice"):
        network("aa")


def two_cliques(order: list[int]) -> engine.Network:
    rows = [
        (f"{side}{i}", f"{side}{j}", 0.5 + 0.01 * i)
        for side in "xy"
        for i in range(5)
        for j in range(i + 1, 5)
    ]
    rows.append(("x0", "y0", 0.1))
    ids = [f"{side}{i}" for side in "yx" for i in range(5)]
    nodes = pa.chunked_array([pa.array([ids[i % 10] for i in order[:10]], pa.string())])
    shuffled = [rows[i] for i in order]
    flipped = [(b, a, s) if i % 2 else (a, b, s) for i, (a, b, s) in enumerate(shuffled)]
    return engine.Network.from_ties(nodes, ties(*flipped), is_directed=False)


def test_leiden_finds_two_cliques_whatever_the_order_of_the_input():
    straight = list(range(21))
    expected = engine.leiden(two_cliques(straight)).tolist()
    assert expected == [0] * 5 + [1] * 5
    for seed in range(5):
        head = np.random.default_rng(seed).permutation(10).tolist()
        order = head + (np.random.default_rng(seed).permutation(11) + 10).tolist()
        shuffled = two_cliques(order)
        assert engine.leiden(shuffled).tolist() == expected
        assert np.array_equal(engine.pagerank(shuffled), engine.pagerank(two_cliques(straight)))


@pytest.mark.parametrize("layer", [x for x in UNDIRECTED if x.n_edges > 20])
def test_cohesion_adds_up_to_networkx_modularity(layer):
    group = engine.leiden(layer)
    held = engine.cohesion(layer, group)
    parts = [set(np.flatnonzero(group == k).tolist()) for k in np.unique(group)]
    expected = nx.community.modularity(as_networkx(layer), parts, weight="strength")
    assert held.modularity == pytest.approx(expected, abs=1e-9)
    assert np.all((held.internal_share >= 0) & (held.internal_share <= 1))


def test_a_long_chain_is_measured_like_any_other_network():
    ids = [f"n{i:03}" for i in range(150)]
    chain = ties(*[(a, b, 0.5) for a, b in itertools.pairwise(ids)])
    layer = engine.Network.from_ties(pa.chunked_array([ids]), chain, is_directed=False)
    measured = engine.measure_paths(layer, "hops")
    graph = as_networkx(layer)
    assert_equal(measured.betweenness, nx.betweenness_centrality(graph))
    assert_equal(measured.closeness, nx.closeness_centrality(graph))
    assert measured.longest == 149
