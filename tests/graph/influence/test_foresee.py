"""All tables of dynamics together, from ties and campaigns."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.graph.customer_ties import customer_network, customer_ties
from crm_tasks.graph.influence.foresee import foresee_influence
from crm_tasks.graph.influence.params import InfluenceParams
from tests.graph.builders import AS_OF
from tests.graph.influence.test_exposures import campaigns, contacts, outcomes

PARAMS = replace(InfluenceParams(), worlds=500, seeds_at_most=2)
PEOPLE = list("abcdef")
EDGES = pa.table(
    {
        "src_id": ["a", "b", "c", "a", "e", "a", "a"],
        "dst_id": ["b", "c", "d", "c", "f", "p1", "f"],
        "edge_type": [*["trust"] * 3, "purchase_similarity", "combined", "purchase", "trust"],
        "is_directed": [True, True, True, False, False, True, True],
        "strength": [0.9, 0.8, 0.7, 0.3, 0.5, 0.5, 0.9],
        "first_evidence_at": pa.array([None] * 7, pa.timestamp("us")),
        "valid_to": pa.array([None] * 6 + [0], pa.timestamp("us")),
    }
)
COSTS = pa.table({"customer_id": PEOPLE, "cost": [1.0] * 6, "is_forbidden": [False] * 5 + [True]})


@pytest.fixture
def foresee(scratch):
    def call(edges, params=PARAMS, costs=COSTS):
        lent = scratch(campaigns=campaigns(), contacts=contacts(), outcomes=outcomes())
        ties = customer_ties(edges, costs.column("customer_id"))
        return foresee_influence(lent, ties, costs, AS_OF, "UTC", params)

    return call


def test_layers_between_customers_are_those_that_stand_with_both_ends():
    ties = customer_ties(EDGES, pa.chunked_array([PEOPLE]))
    assert {name: rows.num_rows for name, rows in ties.items()} == {
        "combined": 1, "purchase_similarity": 1, "trust": 3,
    }  # fmt: skip
    network = customer_network(pa.chunked_array([PEOPLE]), ties["trust"])
    assert (network.n_nodes, network.n_edges, network.is_directed) == (6, 3, True)


def test_every_table_keeps_its_contract(foresee):
    tables = foresee(EDGES)
    assert len(tables) == 5
    for name, rows in tables.items():
        assert check_rows(find_table(f"graph.{name}"), rows).num_rows > 0


def test_layers_made_of_others_carry_nothing_of_their_own(foresee):
    layers = foresee(EDGES)["activation_probabilities"].column("layer").to_pylist()
    assert sorted(set(layers)) == ["purchase_similarity", "trust"]


def test_who_is_trusted_moves_who_trusts(foresee):
    rows = foresee(EDGES)["customer_influence"].to_pylist()
    value = {row["customer_id"]: row["influence_value"] for row in rows}
    assert set(value) == {"a", "b", "c", "d"}
    assert value["d"] > value["a"]


def test_the_order_of_ties_and_customers_changes_nothing(foresee):
    turned = EDGES.take(pa.array([6, 4, 2, 0, 5, 3, 1]))
    one = foresee(EDGES)
    other = foresee(turned, costs=COSTS.take(pa.array([5, 0, 3, 1, 4, 2])))
    for name, rows in one.items():
        table = find_table(f"graph.{name}")
        assert check_rows(table, rows).equals(check_rows(table, other[name]))


def test_nobody_tied_gives_tables_without_rows(foresee):
    for name, rows in foresee(EDGES.slice(0, 0)).items():
        assert check_rows(find_table(f"graph.{name}"), rows).num_rows == 0


def test_the_forbidden_and_the_budget_reach_the_seeds(foresee):
    rows = foresee(EDGES, replace(PARAMS, budget=1.0))["influence_seeds"].to_pylist()
    assert rows
    assert {row["rank"] for row in rows} == {1}
    assert "f" not in {row["customer_id"] for row in rows}
