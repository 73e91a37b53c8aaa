"""Files of the graph, read back by networkx with every attribute."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crm_tasks.graph.exports import FORMATS, GraphStream, write_graph

#: Names an exporter may trip over, with what each type of column may hold.
NODES = pa.table(
    {
        "node_id": ["a", "b", "c"],
        "label": ["Tea & <milk>", None, '茶 "quoted"'],
        "pid": pa.array([7, None, 9], pa.int32()),
        "id": ["own", None, "x"],
        "born_on": pa.array([dt.date(2001, 2, 3), None, None]),
        "seen_at": pa.array([dt.datetime.fromisoformat("2024-01-02 03:04:05.000678"), None, None]),
        "share": [0.1, None, 1e-12],
        "is_regular": [True, None, False],
        "count": pa.array([2**40, 1, None], pa.int64()),
    }
)
EDGES = pa.table(
    {
        "edge_key": ["e1", "e2"],
        "src_id": ["a", "c"],
        "dst_id": ["b", "a"],
        "strength": [0.25, 1.0],
        "edge_type": ["trust", "trust"],
        "pid": pa.array([None, 4], pa.int32()),
        "first_at": pa.array([dt.datetime.fromisoformat("2024-01-02"), None]),
        "valid_to": pa.array([None, None], pa.timestamp("us")),
    }
)
READERS = {"gexf": nx.read_gexf, "graphml": nx.read_graphml}


@dataclass
class Written:
    counts: tuple[int, int]
    file: bytes

    def read(self, form: str) -> nx.Graph:
        if form == "pajek":
            return nx.parse_pajek(self.file.decode().splitlines())
        return READERS[form](io.BytesIO(self.file))


def write(form, nodes=NODES, edges=EDGES, *, is_directed=True, rows_at_once=2) -> Written:
    out = io.BytesIO()
    stream = GraphStream(
        nodes.schema,
        edges.schema,
        is_directed,
        "2024-07-01",
        nodes.to_batches(max_chunksize=rows_at_once),
        edges.to_batches(max_chunksize=rows_at_once),
    )
    return Written(write_graph(stream, form, out), out.getvalue())


@pytest.mark.parametrize("form", ["gexf", "graphml"])
def test_every_attribute_comes_back_with_its_type(form):
    graph = write(form).read(form)
    assert graph.is_directed()
    assert graph.nodes["a"] == {
        "label": "Tea & <milk>", "pid": 7, "id": "own", "born_on": "2001-02-03",
        "seen_at": "2024-01-02T03:04:05.000678", "share": 0.1, "is_regular": True,
        "count": 2**40,
    }  # fmt: skip
    assert graph.nodes["c"] == {
        "label": '茶 "quoted"', "pid": 9, "id": "x", "share": 1e-12, "is_regular": False,
    }  # fmt: skip
    edge = dict(graph.edges["c", "a"])
    assert edge.pop("id") == "e2"
    assert edge == {"weight": 1.0, "strength": 1.0, "edge_type": "trust", "pid": 4}
    first = dict(graph.edges["a", "b"])
    assert first.pop("id") == "e1"
    assert first["first_at"] == "2024-01-02T00:00:00.000000"
    assert "pid" not in first


def test_null_is_left_out_and_a_missing_label_is_the_id():
    assert set(write("gexf").read("gexf").nodes["b"]) == {"label", "count"}
    assert write("gexf").read("gexf").nodes["b"]["label"] == "b"
    assert write("graphml").read("graphml").nodes["b"] == {"count": 1}


def test_pajek_comes_back_with_every_attribute_as_text():
    graph = write("pajek").read("pajek")
    assert set(graph) == {"Tea & <milk>", "b", "茶 'quoted'"}
    node = graph.nodes["Tea & <milk>"]
    assert {name: node[name] for name in ("node_id", "pid", "born_on", "is_regular")} == {
        "node_id": "a", "pid": "7", "born_on": "2001-02-03", "is_regular": "true",
    }  # fmt: skip
    assert "pid" not in graph.nodes["b"]
    (edge,) = graph.get_edge_data("茶 'quoted'", "Tea & <milk>").values()
    assert edge == {
        "weight": 1.0, "edge_key": "e2", "strength": "1", "edge_type": "trust", "pid": "4",
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_counts_and_bytes_do_not_depend_on_the_batches(form):
    once, twice = write(form, rows_at_once=1), write(form, rows_at_once=100)
    assert once.counts == (3, 2)
    assert once.file == twice.file
    assert not write(form, is_directed=False).read(form).is_directed()


@pytest.mark.parametrize("form", FORMATS)
def test_a_graph_without_rows_is_a_file_without_rows(form):
    written = write(form, NODES.slice(0, 0), EDGES.slice(0, 0))
    assert written.counts == (0, 0)
    assert len(written.read(form)) == 0


def test_labels_that_stand_twice_in_pajek_are_told_apart_by_id():
    same = NODES.set_column(1, "label", pa.array(["tea", "tea", "milk"]))
    assert set(write("pajek", same).read("pajek")) == {"tea (a)", "tea (b)", "milk"}


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(ANY_TEXT)
def test_no_text_ends_the_place_it_stands_in(text):
    nodes = NODES.slice(0, 1).set_column(1, "label", pa.array([text]))
    loop = EDGES.slice(0, 1).set_column(2, "dst_id", pa.array(["a"]))
    for form in ("gexf", "graphml"):
        written = write(form, nodes, loop)
        etree.fromstring(written.file)
        found = written.read(form).nodes["a"]
        assert len(found["label"]) == len(text)
        assert found["pid"] == 7
    (line,) = write("pajek", nodes, loop).file.decode().split("\n")[1:2]
    assert line.count('"') == 2 * 9
