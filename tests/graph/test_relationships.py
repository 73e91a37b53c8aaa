"""The whole graph of a small company: contracts hold, and the same facts give the same rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.graph import TABLES
from crm_tasks.contracts.table import check_rows
from crm_tasks.graph.params import GraphParams
from crm_tasks.graph.relationships import relate
from tests.graph.builders import AS_OF, core, line

CATEGORIES = {**{f"k{i}": "CAT FOOD" for i in range(5)}, **{f"w{i}": "WINE" for i in range(5)}}


def two_circles() -> list[dict[str, object]]:
    """Return lines of six cat owners and six wine drinkers, and of one who buys bread alone."""
    random = np.random.default_rng(11)
    lines = [
        line(f"{kind}{i}", f"{product}{p}", days_ago=int(random.integers(1, 300)))
        for kind, product in (("cat", "k"), ("vin", "w"))
        for i in range(6)
        for p in random.choice(5, 4, replace=False)
    ]
    return [*lines, line("solo", "bread"), line("cat0", "bread"), line("vin0", "bread")]


def tables_of(lend, lines, previous=None) -> dict[str, pa.Table]:
    scratch = lend(**core(*lines, customers="z", categories=CATEGORIES))
    related = relate(scratch, previous, AS_OF, GraphParams(neighbours=4))
    contracts = {table.name: table for table in TABLES}
    assert set(related) == set(contracts)
    return {
        name: check_rows(contracts[name], rows).sort_by(
            [(key, "ascending") for key in contracts[name].key]
        )
        for name, rows in related.items()
    }


@pytest.fixture
def related(scratch) -> dict[str, pa.Table]:
    return tables_of(scratch, two_circles())


def test_nodes_are_all_customers_and_all_products(related):
    kinds = related["nodes"]["node_type"].to_pylist()
    assert (kinds.count("individual"), kinds.count("product")) == (14, 11)
    labels = {row["node_id"]: row["label"] for row in related["nodes"].to_pylist()}
    assert labels["bread"] == "the bread"
    assert labels["cat0"] == "cat0"


def test_every_tie_joins_two_nodes_and_has_the_evidence_it_counts(related):
    nodes = set(related["nodes"]["node_id"].to_pylist())
    counted: dict[str, int] = {}
    for key in related["edge_evidence"]["edge_key"].to_pylist():
        counted[key] = counted.get(key, 0) + 1
    edges = related["edges"].to_pylist()
    assert {row["edge_type"] for row in edges} == {"purchase", "purchase_similarity"}
    for row in edges:
        assert {row["src_id"], row["dst_id"]} <= nodes
        assert row["n_evidence"] == counted.pop(row["edge_key"])
        assert 0 < row["strength"] <= 1
        assert row["distance"] == 1.0 / row["strength"]
        assert row["is_directed"] or row["src_id"] < row["dst_id"]
    assert not counted


def test_the_two_circles_are_the_communities(related):
    circles: dict[str, set[str]] = {}
    for row in related["community_members"].to_pylist():
        circles.setdefault(row["community_id"], set()).add(row["node_id"][:3])
    # Solo bought the bread both circles have, so it may stand on either side.
    found = sorted(sorted(kinds - {"sol"}) for kinds in circles.values())
    assert [kinds for kinds in found if kinds] == [["cat"], ["vin"]]
    labels = [str(text) for text in related["communities"]["label_terms"].to_pylist()]
    assert any("CAT FOOD" in text for text in labels)
    of_node = {row["node_id"]: row["community_id"] for row in related["nodes"].to_pylist()}
    assert of_node["cat1"] == of_node["cat2"] != of_node["vin1"]
    assert of_node["z"] is None


def test_there_is_one_summary_and_one_set_of_metrics_per_layer(related):
    assert related["summary"]["layer"].to_pylist() == ["purchase", "purchase_similarity"]
    layers = related["node_metrics"]["layer"].to_pylist()
    assert (layers.count("purchase"), layers.count("purchase_similarity")) == (25, 14)


def test_the_same_facts_in_any_order_give_the_same_rows(scratch, related):
    lines = two_circles()
    numbered = [{**row, "order_item_id": f"line{no:04}"} for no, row in enumerate(lines)]
    order = np.random.default_rng(2).permutation(len(lines))
    frames = core(*lines, customers="z", categories=CATEGORIES)
    schema = frames["order_items"].schema
    frames["order_items"] = pa.Table.from_pylist([numbered[i] for i in order], schema=schema)
    frames["customers"] = frames["customers"].take(list(reversed(range(14))))
    again = relate(scratch(**frames), None, AS_OF, GraphParams(neighbours=4))
    for table in TABLES:
        rows = check_rows(table, again[table.name])
        ordered = rows.sort_by([(key, "ascending") for key in table.key])
        assert ordered.equals(related[table.name]), table.full_name


def test_one_more_purchase_changes_one_purchase_tie_and_no_other(scratch, related):
    lines = two_circles()
    more = tables_of(scratch, [*lines, lines[0]])
    changed = {
        (dict(row)["src_id"], dict(row)["dst_id"])
        for row in set_of(related["edges"]) ^ set_of(more["edges"])
    }
    assert changed == {(lines[0]["customer_id"], lines[0]["product_id"])}


def set_of(rows: pa.Table) -> set[tuple[tuple[str, object], ...]]:
    return {tuple(row.items()) for row in rows.to_pylist()}


@pytest.mark.parametrize("lines", [[], [line("a", "x")]], ids=["no line", "one line"])
def test_a_company_with_next_to_nothing_has_a_graph_too(scratch, lines):
    related = tables_of(scratch, lines)
    assert related["edges"].num_rows == len(lines)
    assert related["communities"].num_rows == 0
    assert related["summary"].num_rows == 2
