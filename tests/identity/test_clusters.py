"""What one person cannot be is in no cluster, and a cluster depends on its own records only."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.identity.clusters import (
    Barriers,
    Edges,
    cluster,
    components,
    said_against,
)
from crm_tasks.identity.comparable import make_comparable, put_records
from tests.identity.people import MODEL, PARAMS, inputs_of

WEIGHT = st.floats(2.0, 30.0).map(lambda w: round(w, 3))
PAIRS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), WEIGHT).filter(lambda t: t[0] < t[1]),
    max_size=14, unique_by=lambda t: t[:2],
)  # fmt: skip


def edges_of(pairs, decided=()) -> Edges:
    rows = [*((a, b, w, False) for a, b, w in pairs), *((a, b, 1e3, True) for a, b in decided)]
    left, right, weight, flags = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Edges(
        np.array(left, dtype=np.int64), np.array(right, dtype=np.int64),
        np.array(weight, dtype=np.float64), np.array(flags, dtype=bool),
    )  # fmt: skip


def labels(pairs, barriers=None, decided=(), n=8):
    return cluster(edges_of(pairs, decided), barriers or Barriers(), PARAMS, n)


@given(PAIRS)
def test_without_objections_clusters_are_the_connected_components(pairs):
    graph = nx.Graph()
    graph.add_nodes_from(range(8))
    graph.add_edges_from((a, b) for a, b, _ in pairs)
    expected = {r: min(group) for group in nx.connected_components(graph) for r in group}
    assert labels(pairs).label.tolist() == [expected[r] for r in range(8)]
    edges = edges_of(pairs)
    assert components(edges.left, edges.right, 8).tolist() == [expected[r] for r in range(8)]


@given(PAIRS, st.dictionaries(st.integers(0, 7), st.sampled_from(["x", "y"])))
def test_two_hard_ids_are_never_in_one_cluster(pairs, ids):
    barriers = Barriers(hard_ids={record: (value, None) for record, value in ids.items()})
    for decided in ((), [(a, b) for a, b, _ in pairs[:2]]):
        rest = [p for p in pairs if p[:2] not in decided]
        found = labels(rest, barriers, decided).label
        for a, b in ((a, b) for a in ids for b in ids if ids[a] != ids[b]):
            assert found[a] != found[b]


@given(
    PAIRS, st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]))
)
def test_what_a_person_decided_is_obeyed(pairs, apart):
    found = labels(pairs, Barriers(apart=frozenset(apart))).label
    assert all(found[a] != found[b] for a, b in apart)


@given(PAIRS, st.data())
def test_a_cluster_depends_on_its_own_records_only(pairs, data):
    """Records that do not hang together with others may come and go without moving these."""
    against = {
        pair[:2]: data.draw(st.floats(-20.0, -1.0)) for pair in pairs if data.draw(st.booleans())
    }
    barriers = Barriers(against=against)
    whole = labels(pairs, barriers).label
    component = components(edges_of(pairs).left, edges_of(pairs).right, 8)
    for one in set(component.tolist()):
        own = [p for p in pairs if component[p[0]] == one]
        alone = labels(own, barriers).label
        members = [r for r in range(8) if component[r] == one]
        assert [whole[r] for r in members] == [alone[r] for r in members]


def test_a_decision_outweighs_the_evidence_against_a_pair():
    barriers = Barriers(against={(0, 2): -30.0})
    assert labels([(0, 1, 19.0), (1, 2, 8.0)], barriers).label.tolist()[:3] == [0, 0, 2]
    found = labels([(0, 1, 9.0)], barriers, decided=[(0, 2)])
    assert found.label.tolist()[:3] == [0, 0, 0]


def test_strong_evidence_outweighs_what_speaks_against_another_pair():
    barriers = Barriers(against={(0, 2): -5.0})
    assert labels([(0, 1, 9.0), (1, 2, 8.0)], barriers).label.tolist()[:3] == [0, 0, 0]
    weak = labels([(0, 1, 19.0), (1, 2, 6.0)], barriers)
    assert weak.label.tolist()[:3] == [0, 0, 2]
    assert weak.refused == {(1, 2): "contradiction"}


def test_who_could_be_either_of_two_is_neither():
    barriers = Barriers(against={(0, 1): -12.0})
    found = labels([(0, 2, 8.0), (1, 2, 7.0)], barriers)
    assert found.label.tolist()[:3] == [0, 1, 2]
    assert set(found.refused.values()) == {"ambiguous"}
    clear = labels([(0, 2, 18.0), (1, 2, 7.0)], barriers)
    assert clear.label.tolist()[:3] == [0, 1, 0]


def test_name_and_birth_date_speak_against_pairs_that_hang_together(scratch):
    rows = [
        {"key": "a:1", "full_name": "Anne Weatherby", "birth_date": "1980-02-03"},
        {"key": "a:2", "full_name": "Joan Prendergast", "birth_date": "1991-07-15"},
        {"key": "a:3", "full_name": "Anne Weatherby"},
    ]
    inputs = inputs_of(rows)
    engine = scratch()
    put_records(engine, make_comparable(inputs.described, ("GB",), {}))
    said = said_against(engine, MODEL, np.array([0, 0, 0]))
    name, birth = MODEL.weights("name")[-1], MODEL.weights("birth")[-1]
    assert said == {(0, 1): round(name, 6) + round(birth, 6), (1, 2): round(name, 6)}
    assert said_against(engine, MODEL, np.array([0, 0, 0]), which=[]) == {}
    assert isinstance(inputs.described, pa.Table)
