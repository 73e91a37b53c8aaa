"""Where networkx raises or returns NaN, what the engine declares: one test per cell."""

from __future__ import annotations

import math
import warnings

import networkx as nx
import numpy as np
import pytest

from crm_tasks.graph import engine
from tests.graph.builders import network
from tests.graph.test_engine import as_networkx

EMPTY = network("")
SINGLE = network("a")
APART = network("ab")
PAIR_AND_ONE = network("abc", ("a", "b", 0.5))
RING = network("abc", ("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 1.0))
ONE_WAY = network("abc", ("a", "b", 1.0), ("b", "c", 1.0), is_directed=True)
ONE_WAY_EMPTY = network("ab", is_directed=True)
LOOP = engine.from_networkx(nx.Graph([("a", "a"), ("a", "b")]))
LOOP_ONLY = engine.from_networkx(nx.Graph([("a", "a")]))


def mean_hops(layer: engine.Network) -> float | None:
    return engine.measure_paths(layer, "hops").mean_length


def longest(layer: engine.Network) -> float | None:
    return engine.measure_paths(layer, "hops").longest


def reciprocity_of(graph: nx.Graph) -> float:
    return nx.overall_reciprocity(graph)


def assortativity_of(graph: nx.Graph) -> float:
    return nx.degree_assortativity_coefficient(graph)


def modularity(layer: engine.Network) -> float:
    return engine.cohesion(layer, engine.leiden(layer)).modularity


def networkx_modularity(graph: nx.Graph) -> float:
    return nx.community.modularity(graph, [{node} for node in graph])


def eigenvector_of(graph: nx.Graph) -> dict[int, float]:
    return nx.eigenvector_centrality(graph, max_iter=1000, tol=1e-14, weight="strength")


#: What is asked, of which network, what is declared, how networkx is asked.
CELLS = [
    ("eigenvector", EMPTY, engine.eigenvector, [], eigenvector_of),
    ("eigenvector", ONE_WAY, engine.eigenvector, None, eigenvector_of),
    ("mean hops", EMPTY, mean_hops, None, nx.average_shortest_path_length),
    ("mean hops", APART, mean_hops, None, nx.average_shortest_path_length),
    ("mean hops", PAIR_AND_ONE, mean_hops, 1.0, nx.average_shortest_path_length),
    ("mean hops", ONE_WAY, mean_hops, 4 / 3, nx.average_shortest_path_length),
    ("longest", EMPTY, longest, None, nx.diameter),
    ("longest", APART, longest, None, nx.diameter),
    ("longest", PAIR_AND_ONE, longest, 1.0, nx.diameter),
    ("longest", ONE_WAY, longest, 2.0, nx.diameter),
    ("assortativity", EMPTY, engine.degree_assortativity, None, assortativity_of),
    ("assortativity", APART, engine.degree_assortativity, None, assortativity_of),
    ("assortativity", RING, engine.degree_assortativity, None, assortativity_of),
    ("reciprocity", EMPTY, engine.reciprocity, None, reciprocity_of),
    ("reciprocity", ONE_WAY_EMPTY, engine.reciprocity, None, reciprocity_of),
    ("core numbers", LOOP, engine.core_numbers, [1, 1], nx.core_number),
    ("core numbers", LOOP_ONLY, engine.core_numbers, [0], nx.core_number),
    ("modularity", APART, modularity, 0.0, networkx_modularity),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "measure", "declared", "asked"),
    [cell[1:] for cell in CELLS],
    ids=[f"{cell[0]} of {cell[1].n_nodes} nodes, {cell[1].n_edges} ties" for cell in CELLS],
)
def test_what_networkx_does_not_define_is_declared(layer, measure, declared, asked):
    assert is_undefined(asked, as_networkx(layer))
    found = measure(layer)
    if declared is None:
        assert found is None
    else:
        assert np.allclose(found, declared, rtol=0, atol=1e-9)


def is_undefined(asked, graph: nx.Graph) -> bool:
    """Return whether networkx raises or answers with NaN."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = asked(graph)
    except (nx.NetworkXException, ZeroDivisionError, ValueError, KeyError, IndexError):
        return True
    return isinstance(answer, float) and math.isnan(answer)


#: What networkx answers as the engine does, beside the cells where it does not.
DEFINED = [
    ("transitivity of no triple", lambda: engine.transitivity(APART), 0.0),
    ("clustering of a pair", lambda: engine.local_clustering(PAIR_AND_ONE), [0.0, 0.0, 0.0]),
    ("rank of a single node", lambda: engine.pagerank(SINGLE), [1.0]),
    ("rank of nobody", lambda: engine.pagerank(EMPTY), []),
    ("eigenvector of a single node", lambda: engine.eigenvector(SINGLE), [1.0]),
    ("cores without ties", lambda: engine.core_numbers(APART), [0, 0]),
    ("betweenness of a pair", lambda: engine.measure_paths(APART, "hops").betweenness, [0, 0]),
    ("closeness without ties", lambda: engine.measure_paths(APART, "hops").closeness, [0, 0]),
    ("communities of nobody", lambda: engine.leiden(EMPTY), []),
    ("triangles of a ring", lambda: engine.triangles(RING), [1, 1, 1]),
]


@pytest.mark.parametrize(("ask", "answer"), [c[1:] for c in DEFINED], ids=[c[0] for c in DEFINED])
def test_the_smallest_networks_have_figures(ask, answer):
    assert np.allclose(ask(), answer, rtol=0, atol=1e-9)
