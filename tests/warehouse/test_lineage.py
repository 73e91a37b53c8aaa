"""Lineage: which table feeds which, read off a real run (ops.lineage_edges)."""

from __future__ import annotations

import json

import pytest

from crm_tasks.contracts import all_tables, find_table, ops
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.steps.evaluation import RESPONSE_READS
from crm_tasks.steps.graph import READS as GRAPH_READS
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.lineage import record_manifest, record_reads

SEEDS = {"seeds.channels", "seeds.contents"}


@pytest.fixture(scope="module")
def edges(published_home):
    """Return the edges of the small company's run."""
    rows = Ledger(published_home.ops_file).store.arrow(ops.LINEAGE_EDGES).to_pylist()
    assert len(rows) > 60
    return rows


def sources_of(edges, table):
    return {edge["from_table"] for edge in edges if edge["to_table"] == table}


def test_what_a_model_reads_is_told(edges):
    assert sources_of(edges, "core.fct_orders") >= {"staging.stg_orders", "identity.records"}
    assert sources_of(edges, "staging.stg_orders") == {"landing.landing_orders"}
    assert sources_of(edges, "features.feat_customer_graph") >= {"graph.node_metrics"}


def test_what_a_python_step_reads_is_told(edges):
    read = {table for table, _ in GRAPH_READS.values()}
    assert sources_of(edges, "graph.edges") == sources_of(edges, "graph.communities") == read
    assert sources_of(edges, "evaluation.campaign_response") == {
        "core.dim_campaigns",
        *(table for table, _ in RESPONSE_READS.values()),
    }
    assert sources_of(edges, "identity.records") == {
        f"staging.stg_{name}" for name in ("customer_references", "customers", "order_items")
    }
    assert sources_of(edges, "strategy.actions") >= {"features.feat_customers_wide"}


def test_every_published_table_comes_from_somewhere(edges):
    fed = {edge["to_table"] for edge in edges}
    orphans = {
        table.full_name
        for table in all_tables()
        if table.writer in ("dbt", "python") and table.schema != "landing"
    } - fed
    # Written from parameters alone: names of segments, a calendar, and the run's own state.
    assert orphans <= {"core.dim_dates"}, orphans


def test_every_end_is_a_table_somebody_declared(edges):
    known = {table.full_name for table in all_tables()} | {
        f"landing.landing_{entity}" for entity in ENTITIES
    }
    named = {edge[end] for edge in edges for end in ("from_table", "to_table")}
    assert named - known == SEEDS


def test_the_way_leads_from_landing_to_bi_and_never_back(edges):
    """Followed from any bi table, the edges end at landing and pass no table twice on a way."""
    parents = {edge["to_table"]: sources_of(edges, edge["to_table"]) for edge in edges}

    def ends_of(table, way=()):
        assert table not in way, f"{table} feeds itself"
        above = parents.get(table, set())
        return set().union(*(ends_of(t, (*way, table)) for t in above)) if above else {table}

    found = ends_of("bi.customer_360")
    assert {name for name in found if name.startswith("landing.")}
    assert not {name for name in found if name.startswith(("core.fct", "features.", "graph."))}


def test_no_edge_leads_from_a_table_to_itself(edges):
    assert [edge for edge in edges if edge["from_table"] == edge["to_table"]] == []


def test_every_edge_says_what_made_it(edges):
    functions = {step.function for step in STEPS}
    odd = {
        edge["transform"]
        for edge in edges
        if edge["transform"] not in functions
        and edge["transform"] != f"dbt model {edge['to_table']}"
    }
    assert odd == set()


# --- without a run --------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ops.sqlite")
    ledger.open_attempt("a", "p")
    return ledger


def recorded(ledger):
    rows = ledger.store.arrow(ops.LINEAGE_EDGES).to_pylist()
    return [(row["from_table"], row["to_table"], row["transform"]) for row in rows]


def test_a_step_that_read_twice_is_one_edge_and_a_rerun_adds_none(ledger):
    claim = ledger.claim("a", "segments", "run-1")
    for _ in range(2):
        record_reads(ledger, claim, ["core.a", "core.b", "core.a"], ["ml.x", "core.a"], "ml:f")
    assert recorded(ledger) == [
        ("core.a", "ml.x", "ml:f"),
        ("core.b", "core.a", "ml:f"),
        ("core.b", "ml.x", "ml:f"),
    ]


def test_a_gate_reads_and_writes_nothing_so_it_has_no_edge(ledger):
    record_reads(ledger, ledger.claim("a", "gate_core", "run-1"), ["core.a"], [], "gates:f")
    assert recorded(ledger) == []


def test_a_manifest_s_tests_and_unknown_kinds_are_no_edges(ledger, tmp_path):
    def node(kind, name, *parents):
        return {"resource_type": kind, "schema": "core", "name": name,
                "depends_on": {"nodes": list(parents)}}  # fmt: skip

    manifest = {
        "nodes": {
            "seed.g.s": node("seed", "s"),
            "model.g.m": node("model", "m", "seed.g.s", "source.g.landing.l"),
            "test.g.t": node("test", "t", "model.g.m"),
        },
        "sources": {"source.g.landing.l": {"schema": "landing", "name": "l"}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    record_manifest(ledger, ledger.claim("a", "publish", "run-1"), tmp_path)
    assert recorded(ledger) == [
        ("core.s", "core.m", "dbt model core.m"),
        ("landing.l", "core.m", "dbt model core.m"),
    ]
    assert find_table("ops.lineage_edges") is ops.LINEAGE_EDGES


def test_what_is_inlined_hands_on_what_it_reads(ledger, tmp_path):
    def model(name, kind, *parents):
        return {
            "resource_type": "model",
            "schema": "core",
            "name": name,
            "config": {"materialized": kind},
            "depends_on": {"nodes": list(parents)},
        }

    manifest = {
        "nodes": {
            "a": model("a", "table"),
            "i": model("i", "ephemeral", "a"),
            "j": model("j", "ephemeral", "i", "a"),
            "b": model("b", "table", "j"),
        },
        "sources": {},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    record_manifest(ledger, ledger.claim("a", "publish", "run-1"), tmp_path)
    assert recorded(ledger) == [("core.a", "core.b", "dbt model core.b")]
