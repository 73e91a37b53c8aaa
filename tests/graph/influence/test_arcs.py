"""Arcs: which way influence runs, and how the layers' chances add up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.errors import ContractError
from crm_tasks.graph.engine import Network
from crm_tasks.graph.influence.arcs import SIDES, Influence, spread_arcs
from tests.graph.influence.small import EIGHT, arcs_of, network_of

TIES = (("a", "b", 0.5), ("c", "b", 1.0))


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        ("along", {(0, 1), (2, 1)}),
        ("against", {(1, 0), (1, 2)}),
        ("both", {(0, 1), (2, 1), (1, 0), (1, 2)}),
    ],
)
def test_influence_runs_the_way_that_is_declared(flow, expected):
    network = network_of(TIES, "abc")
    arcs = spread_arcs([Influence(network, 0.3, 0.3, flow)], "independent_cascade")
    assert {(a, b) for a, b, _ in arcs_of(arcs)} == expected


def test_a_cascade_s_probability_follows_from_rate_and_strength():
    arcs = spread_arcs(
        [Influence(network_of(TIES, "abc"), 0.6, 0.1, "along")], "independent_cascade"
    )
    assert arcs.probabilities.tolist() == pytest.approx(1 - np.exp([-0.3, -0.6]))


def test_chances_of_two_layers_miss_independently():
    network = network_of(TIES, "abc")
    layers = [Influence(network, 0.6, 0.1, "along"), Influence(network, 0.2, 0.1, "along")]
    both = spread_arcs(layers, "independent_cascade").probabilities
    alone = [spread_arcs([one], "independent_cascade").probabilities for one in layers]
    assert 1 - both == pytest.approx((1 - alone[0]) * (1 - alone[1]))


def test_threshold_weights_share_out_what_all_neighbours_do_together():
    arcs = spread_arcs([Influence(network_of(TIES, "abc"), 1.0, 0.6, "along")], "linear_threshold")
    assert {(a, b): p for a, b, p in arcs_of(arcs)} == pytest.approx(
        {(0, 1): 0.6 * 0.5 / 1.5, (2, 1): 0.6 * 1.0 / 1.5}
    )


def test_weights_into_a_node_never_sum_to_more_than_one():
    network = network_of(EIGHT)
    arcs = spread_arcs([Influence(network, 1.0, 0.9, "both")] * 3, "linear_threshold")
    into = np.bincount(arcs.targets, arcs.probabilities, minlength=8)
    assert into.max() == pytest.approx(1.0)


def test_intervals_of_one_coin_touch_and_never_overlap():
    arcs = spread_arcs([Influence(network_of(EIGHT), 1.0, 0.9, "both")], "linear_threshold")
    incoming = arcs.incoming
    for node in range(8):
        here = slice(incoming.starts[node], incoming.starts[node + 1])
        low, high = incoming.low[here], incoming.high[here]
        assert low.tolist() == [0, *high[:-1]]
        assert (incoming.coins[here] == node).all()
        assert (high - low) / SIDES == pytest.approx(
            arcs.probabilities[np.lexsort((arcs.sources, arcs.targets))][here]
        )


def test_no_layer_and_layers_of_other_people_are_refused():
    with pytest.raises(ContractError, match="no layer carries influence"):
        spread_arcs([], "independent_cascade")
    ties = pa.table({"src_id": ["x"], "dst_id": ["y"], "strength": [1.0]})
    other = Network.from_ties(pa.chunked_array([["x", "y"]]), ties, is_directed=True)
    layers = [Influence(one, 1.0, 1.0, "both") for one in (other, network_of(EIGHT))]
    with pytest.raises(ContractError, match="same nodes"):
        spread_arcs(layers, "independent_cascade")
