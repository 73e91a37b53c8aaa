"""networkx graphs go in, answers by node come out, and the graphs themselves go back and forth."""

from __future__ import annotations

import networkx as nx
import pytest

from crm_tasks.errors import ContractError
from crm_tasks.graph import engine, notebook
from crm_tasks.graph.engine import handover
from tests.graph.builders import network, random_network


@pytest.mark.parametrize("is_directed", [False, True])
@pytest.mark.parametrize("seed", range(0, 24, 3))
def test_a_network_comes_back_from_networkx_as_it_went(seed, is_directed):
    layer = random_network(seed, is_directed=is_directed)
    back = engine.from_networkx(engine.to_networkx(layer))
    assert back.ids.equals(layer.ids)
    assert back.is_directed == layer.is_directed
    for name in ("sources", "targets", "strengths"):
        assert (getattr(back, name) == getattr(layer, name)).all()


def test_measures_answer_a_networkx_graph_by_its_own_nodes():
    graph = nx.Graph()
    graph.add_nodes_from([10, 9, "x", ("a", 1)])
    graph.add_edge(10, 9, strength=0.5)
    graph.add_edge(9, "x", strength=1.0)
    assert notebook.core_numbers(graph) == {10: 1, 9: 1, "x": 1, ("a", 1): 0}
    into, out = notebook.strengths(graph)
    assert into == out == {10: 0.5, 9: 1.5, "x": 1.0, ("a", 1): 0.0}
    expected = nx.pagerank(graph, weight="strength", tol=1e-12, max_iter=1000)
    assert notebook.pagerank(graph) == pytest.approx(expected, abs=1e-9)
    assert notebook.transitivity(graph) == 0.0
    measured = notebook.measure_paths(graph, "distance")
    assert measured.betweenness[9] == pytest.approx(1 / 3)
    assert measured.mean_length == pytest.approx((2 + 1 + 3) / 3)
    assert notebook.degree_assortativity(nx.cycle_graph(4)) is None


def test_measures_of_a_network_stay_arrays():
    layer = network("abc", ("a", "b", 1.0))
    assert notebook.core_numbers(layer).tolist() == [1, 1, 0]


def test_what_networkx_should_not_hold_is_refused_clearly(monkeypatch):
    monkeypatch.setattr(handover, "EDGES_AT_MOST", 2)
    large = network("abcd", ("a", "b", 1.0), ("b", "c", 1.0), ("c", "d", 1.0))
    with pytest.raises(ContractError, match="3 ties are more than the 2"):
        engine.to_networkx(large)
    with pytest.raises(ContractError, match="crm graph export"):
        notebook.pagerank(nx.path_graph(4))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.MultiGraph([(1, 2)]), "multigraph"),
        (nx.Graph([(1, "1")]), "same name"),
        (nx.Graph([(1, 2, {"strength": 0.0})]), "not above 0"),
    ],
    ids=["multigraph", "same name", "no strength"],
)
def test_graphs_the_engine_cannot_number_are_refused(graph, message):
    with pytest.raises(ContractError, match=message):
        notebook.pagerank(graph)
