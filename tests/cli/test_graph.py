"""`crm graph`: pictures and files of a graph that was published, as a person calls it."""

from __future__ import annotations

import networkx as nx
import pytest

from crm_tasks.cli.graph import FORMS, Format, Language
from crm_tasks.graph.exports import FORMATS
from crm_tasks.graph.exports.selection import CUSTOMERS, ENDS, KNOWN_LAYERS, Selection
from crm_tasks.graph.pictures.views import BRIDGES, COMMUNITIES, as_communities
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.query import query_served, stream_served

READERS = {"gexf": nx.read_gexf, "graphml": nx.read_graphml, "pajek": nx.read_pajek}


@pytest.fixture
def graph(call, published_home):
    return lambda *arguments: call("graph", *arguments, "--home", published_home.root)


@pytest.fixture(scope="module")
def somebody(published_home) -> str:
    """The customer with the most ties of similar purchases."""
    asked = (
        "select node_id from graph.node_metrics where layer = 'purchase_similarity' "
        "order by degree desc, node_id limit 1"
    )
    return query_served(published_home, asked).column(0)[0].as_py()


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_circle_is_drawn_and_drawn_the_same_again(graph, somebody, tmp_path, suffix):
    one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
    for out in (one, other):
        ended = graph("draw", "--customer", somebody, "--out", out, "--lang", "zh")
        assert ended.code == 0, ended.err
        assert ended.out.strip() == f"written {out}"
    assert one.read_bytes() == other.read_bytes()
    assert one.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r")


def test_communities_are_drawn_as_they_are_published(graph, published_home, tmp_path):
    out = tmp_path / "communities.svg"
    assert graph("draw", "--communities", "--out", out).code == 0
    found, bridges = as_communities(
        query_served(published_home, COMMUNITIES), query_served(published_home, BRIDGES)
    )
    members = "select count(*) from graph.nodes where community_id is not null"
    assert sum(one.size for one in found) == query_served(published_home, members)[0][0].as_py()
    ids = {one.community_id for one in found}
    assert {end for bridge in bridges for end in (bridge.a, bridge.b)} <= ids
    assert all(bridge.a < bridge.b for bridge in bridges)


def test_what_the_command_offers_is_what_can_be_written():
    assert {form.value for form in Format} == set(FORMATS) == set(READERS)
    assert {language.value for language in Language} == {"en", "zh"}
    assert set(FORMS) == {".svg", ".png"}


def test_an_unknown_customer_is_refused_without_a_file(graph, tmp_path):
    out = tmp_path / "circle.svg"
    ended = graph("draw", "--customer", "nobody-of-ours", "--out", out)
    assert ended.code == 1
    assert "no customer with this id in graph.nodes" in ended.err
    assert "nobody-of-ours" not in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--communities", "--out", "x.pdf"), "a picture's name ends in .svg or .png"),
        (("--out", "x.svg"), "say either --customer ID or --communities"),
        (("--communities", "--customer", "x", "--out", "x.svg"), "say either --customer ID"),
        (("--communities", "--out", "no/such/place.svg"), "there is no folder no/such"),
    ],
)
def test_what_cannot_be_drawn_is_said(graph, arguments, said):
    ended = graph("draw", *arguments)
    assert ended.code == 1
    assert said in ended.err


@pytest.mark.parametrize("form", READERS)
def test_the_whole_graph_comes_back(graph, published_home, tmp_path, form):
    out = tmp_path / f"graph.{form}"
    ended = graph("export", "--format", form, "--out", out)
    assert ended.code == 0, ended.err
    read = READERS[form](out)
    counts = query_served(
        published_home,
        "select (select count(*) from graph.nodes) as n, (select count(*) from graph.edges) as m",
    ).to_pylist()[0]
    assert (read.number_of_nodes(), read.number_of_edges()) == (counts["n"], counts["m"])
    assert f"{counts['n']:,} nodes, {counts['m']:,} ties" in ended.out
    assert "pseudonyms do not hide a shape" in ended.out
    edges = read.edges(keys=True, data=True) if read.is_multigraph() else read.edges(data=True)
    # networkx makes an edge's id its key where two nodes are tied twice.
    named = {data.get("edge_key", data.get("id", rest[-1])) for *rest, data in edges}
    assert len(named) == counts["m"]
    weights = sorted(float(w) for *_, w in read.edges(data="weight"))
    strengths = query_served(published_home, "select strength from graph.edges order by strength")
    assert weights == pytest.approx(strengths.column(0).to_pylist(), abs=0)


def test_a_part_holds_its_layer_and_no_weaker_tie(graph, published_home, tmp_path):
    out = tmp_path / "part.graphml"
    middle = "select median(strength) from graph.edges where edge_type = 'purchase_similarity'"
    least = query_served(published_home, middle)[0][0].as_py()
    chosen = ("--layer", "purchase_similarity", "--min-strength", least)
    assert graph("export", "--format", "graphml", *chosen, "--out", out).code == 0
    read = nx.read_graphml(out)
    found = [data for *_, data in read.edges(data=True)]
    assert found
    assert {data["edge_type"] for data in found} == {"purchase_similarity"}
    assert min(data["weight"] for data in found) >= least
    given = Selection(("purchase_similarity",), least).parameters
    ends = query_served(published_home, ENDS, given)
    people = query_served(published_home, CUSTOMERS, given).column(0).to_pylist()
    assert set(people) == set(read) == set(ends["src_id"].to_pylist() + ends["dst_id"].to_pylist())


def test_a_community_holds_its_members_and_ties_among_them(graph, published_home, tmp_path):
    out = tmp_path / "community.gexf"
    asked = (
        "select community_id, list(node_id) as members from graph.nodes "
        "where community_id is not null group by community_id order by community_id limit 1"
    )
    (row,) = query_served(published_home, asked).to_pylist()
    chosen = ("--community", row["community_id"], "--out", out)
    assert graph("export", "--format", "gexf", *chosen).code == 0
    assert set(nx.read_gexf(out)) == set(row["members"])


def test_an_unknown_layer_is_refused_with_the_nearest(graph, published_home, tmp_path):
    assert "purchase" in query_served(published_home, KNOWN_LAYERS).column(0).to_pylist()
    chosen = ("--layer", "purchase_similarty", "--out", tmp_path / "x.gexf")
    ended = graph("export", "--format", "gexf", *chosen)
    assert ended.code == 1
    assert "did you mean 'purchase_similarity'?" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_audited_and_holds_no_direct_identifier(graph, published_home, tmp_path):
    out = tmp_path / "all.gexf"
    assert graph("export", "--format", "gexf", "--out", out).code == 0
    rows = Ledger(published_home.ops_file).store.rows("select action from audit_log")
    assert "graph.exported" in {row["action"] for row in rows}
    text = out.read_text(encoding="utf-8")
    assert "@" not in text


def test_rows_stream_in_batches_of_the_asked_query(published_home):
    with stream_served(published_home, "select node_id from graph.nodes order by 1", {}) as batches:
        names = [name for batch in batches for name in batch.column(0).to_pylist()]
    assert names == sorted(names)
    assert names
