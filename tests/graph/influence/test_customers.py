"""What one customer's activation is worth in others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.graph_influence import CUSTOMER_INFLUENCE
from crm_tasks.graph.influence.arcs import Influence, spread_arcs
from crm_tasks.graph.influence.customers import influence_rows, influence_values
from crm_tasks.graph.influence.params import InfluenceParams
from tests.graph.builders import AS_OF
from tests.graph.influence.small import EIGHT, eight, exact_cascade, network_of

PARAMS = InfluenceParams()


def test_each_value_is_the_exact_number_of_others_reached():
    arcs = eight("independent_cascade")
    value, error = influence_values(arcs, worlds=20_000, seed=1)
    exact = np.array([exact_cascade(arcs, (node,)) - 1 for node in range(8)])
    assert error.max() < 0.02
    assert (np.abs(value - exact) < 3.5 * error + 1e-9).all()


def test_who_has_no_arc_has_no_row():
    arcs = spread_arcs(
        [Influence(network_of(EIGHT, "abcdefghxyz"), 1.0, 0.5, "along")], "independent_cascade"
    )
    rows = check_rows(CUSTOMER_INFLUENCE, influence_rows(arcs, PARAMS, AS_OF)).to_pylist()
    assert [row["customer_id"] for row in rows] == list("abcdefgh")


def test_many_customers_get_fewer_worlds_and_a_larger_error():
    arcs = eight("independent_cascade")
    few = influence_rows(arcs, replace(PARAMS, walks_at_most=80), AS_OF)
    many = influence_rows(arcs, PARAMS, AS_OF)
    errors = [np.array(one.column("standard_error")) for one in (few, many)]
    assert errors[0].max() > 3 * errors[1].max() > 0
    assert np.array(few.column("influence_value")) == pytest.approx(
        np.array(many.column("influence_value")), abs=1.5
    )
