"""Candidates and scores, against networkx and by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from crm_tasks.graph.engine import to_networkx
from crm_tasks.graph.links.kernels import areas_under_roc, list_two_hops
from crm_tasks.graph.links.params import LinkParams
from crm_tasks.graph.links.scores import SCORES, Neighbourhood, Pairs, as_features
from tests.graph.builders import network, random_network

LAYERS = [random_network(seed) for seed in range(4, 12)]


def all_candidates(around: Neighbourhood) -> Pairs:
    found = list(around.candidates(np.arange(around.network.n_nodes, dtype=np.int64)))
    return Pairs(
        np.concatenate([block.first for block in found]),
        np.concatenate([block.second for block in found]),
    )


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: f"{one.n_nodes} nodes")
def test_candidates_are_exactly_those_two_hops_away(layer):
    around = Neighbourhood(layer, LinkParams())
    graph = nx.Graph(to_networkx(around.network))
    names = around.network.ids.to_pylist()
    expected = {
        (names.index(a), names.index(b))
        for a in graph
        for b, hops in nx.single_source_shortest_path_length(graph, a, cutoff=2).items()
        if hops == 2
    }
    found = all_candidates(around)
    assert len(found) == len(expected)
    assert set(zip(found.first.tolist(), found.second.tolist(), strict=True)) == expected


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: f"{one.n_nodes} nodes")
def test_scores_are_those_of_networkx(layer):
    around = Neighbourhood(layer, replace(LinkParams(), dimensions=2))
    graph = nx.Graph(to_networkx(around.network))
    names = around.network.ids.to_pylist()
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    pairs = [
        (a, b)
        for a, b in combinations(range(len(names)), 2)
        if not graph.has_edge(names[a], names[b])
    ]
    if not pairs:
        return
    first, second = np.array(pairs, dtype=np.int64).T
    found = around.scores(Pairs(first, second))
    named = [(names[a], names[b]) for a, b in pairs]
    expected = {
        "common_neighbours": [len(list(nx.common_neighbors(graph, a, b))) for a, b in named],
        "adamic_adar": [x for *_, x in nx.adamic_adar_index(graph, named)],
        "resource_allocation": [x for *_, x in nx.resource_allocation_index(graph, named)],
        "preferential_attachment": [x for *_, x in nx.preferential_attachment(graph, named)],
    }
    matrix = nx.to_numpy_array(graph, nodelist=names, weight=None)
    weighted = nx.to_numpy_array(graph, nodelist=names, weight="strength")
    expected["three_hop_paths"] = np.linalg.matrix_power(matrix, 3)[first, second]
    expected["path_strength"] = (weighted @ weighted)[first, second]
    for name, values in expected.items():
        assert found[:, SCORES.index(name)] == pytest.approx(values, abs=1e-9), name


def test_whom_everybody_knows_introduces_nobody():
    star = network("abcd", ("a", "b", 1.0), ("a", "c", 1.0), ("a", "d", 1.0))
    assert len(all_candidates(Neighbourhood(star, LinkParams()))) == 6
    assert len(all_candidates(Neighbourhood(star, replace(LinkParams(), hub_from=2)))) == 0


def test_room_that_runs_out_stops_at_a_whole_customer():
    arcs = network("abc", ("a", "b", 1.0), ("b", "c", 1.0)).undirected.arcs
    room, ends = np.empty(3, dtype=np.int32), np.empty(3, dtype=np.int64)
    done = list_two_hops(arcs.starts, arcs.targets, np.arange(3), 10, room, ends)
    assert done == 1
    assert room[: ends[0]].tolist() == [2]


def test_equal_scores_count_half_and_one_kind_alone_has_no_area():
    score, everybody = np.array([1.0, 1.0, 2.0]), np.ones((1, 4))
    ends = np.zeros(3, dtype=np.int64), np.array([1, 2, 3])
    assert areas_under_roc(score, np.array([1, 0, 0]), *ends, everybody).tolist() == [0.25]
    assert np.isnan(areas_under_roc(score, np.array([0, 0, 0]), *ends, everybody)).all()


def test_the_embedding_puts_each_circle_in_a_place_of_its_own():
    rows = [(a, b, 1.0) for part in ("abcd", "efgh") for a, b in combinations(part, 2)]
    layer = network("abcdefghi", *rows, ("d", "e", 0.1))
    around = Neighbourhood(layer, replace(LinkParams(), dimensions=2))
    near, far, alone = around.cosine(Pairs(np.array([0, 0, 0]), np.array([1, 6, 8])))
    assert near > 0.99
    assert far < 0.2
    assert alone == 0.0


def test_features_are_logarithms_except_the_cosine():
    scores = np.full((1, len(SCORES)), np.e - 1)
    scores[0, SCORES.index("embedding")] = -0.5
    features = as_features(scores)[0]
    assert features[SCORES.index("embedding")] == -0.5
    assert np.delete(features, SCORES.index("embedding")) == pytest.approx(1.0, abs=1e-6)
