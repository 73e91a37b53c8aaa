"""What a treated neighbour adds, found again where it was planted."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.graph import engine
from crm_tasks.graph.influence.exposures import CarryingLayer, Units
from crm_tasks.graph.influence.randomised import estimate_randomised, exposures
from crm_tasks.planted.campaigns import SPILLOVER_RATE
from tests.graph.influence.small import network_of


@pytest.fixture(scope="module")
def clusters(planted):
    return engine.leiden(planted.layer.network)


def test_exposure_is_what_the_planted_company_calls_exposure(planted):
    found, _ = exposures(planted.units, planted.layer, as_share=True)
    assert found == pytest.approx(np.concatenate([e.exposure for e in planted.effects]))


def test_the_planted_spillover_lies_in_the_interval(planted, clusters):
    found = estimate_randomised(planted.units, planted.layer, clusters, as_share=True, level=0.95)
    assert found.low < SPILLOVER_RATE < found.high
    assert found.low > 0
    assert found.high - found.low < 0.15
    assert found.evidence == "randomised"
    assert (found.n_campaigns, found.n_units) == (4, len(planted.units))
    assert found.n_converted == planted.units.has_converted.sum()


def test_outcomes_dealt_out_by_chance_show_no_spillover(planted, clusters):
    rng = np.random.default_rng(3)
    lows = []
    for _ in range(20):
        units = planted.units.part(np.ones(len(planted.units), dtype=bool))
        units.has_converted[:] = rng.random(len(units)) < 0.15
        found = estimate_randomised(units, planted.layer, clusters, as_share=True, level=0.95)
        lows.append(found.low > 0 or found.high < 0)
    assert sum(lows) <= 4  # 5 % each: more than 4 of 20 has a chance below .3 %


def unit_rows(treated, converted) -> Units:
    n = len(treated)
    return Units(
        np.zeros(n, dtype=np.int64), np.arange(n), np.ones(n, dtype=bool), np.array(treated),
        np.array(converted), np.zeros(n), np.full(n, 9.0), np.full(n, np.nan), np.array([10.0]),
    )  # fmt: skip


def layer_of(rows, since, flow="both", nodes="abcd") -> CarryingLayer:
    network = network_of(rows, nodes, is_directed=flow != "both")
    return CarryingLayer("trust", network, np.array(since, dtype=float), flow)


def test_exposure_counts_ties_known_before_the_campaign_only():
    layer = layer_of([("a", "b", 0.5), ("a", "c", 0.25), ("a", "d", 0.125)], [1.0, 10.0, np.nan])
    units = unit_rows([False, True, True, True], [False] * 4)
    treated, possible = exposures(units, layer, as_share=False)
    assert treated.tolist() == [0.5, 0, 0, 0]
    assert possible.tolist() == [0.5, 0.5, 0, 0]
    as_share, _ = exposures(units, layer, as_share=True)
    assert as_share.tolist() == [1.0, 0, 0, 0]


def test_exposure_follows_the_flow_of_a_directed_layer():
    rows, units = [("a", "b", 0.5)], unit_rows([True, True], [False] * 2)
    along, _ = exposures(units, layer_of(rows, [1.0], "along", "ab"), as_share=False)
    against, _ = exposures(units, layer_of(rows, [1.0], "against", "ab"), as_share=False)
    assert along.tolist() == [0, 0.5]
    assert against.tolist() == [0.5, 0]
