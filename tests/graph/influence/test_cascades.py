"""Simulated diffusion against every outcome played through."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.graph.influence.arcs import Influence, spread_arcs
from crm_tasks.graph.influence.cascades import diffuse, simulate
from tests.graph.influence.small import EIGHT, eight, exact_cascade, exact_threshold, network_of

WORLDS = 20_000
EXACT = {"independent_cascade": exact_cascade, "linear_threshold": exact_threshold}


@pytest.mark.parametrize("model", EXACT)
@pytest.mark.parametrize("seeds", [(0,), (7,), (3, 5)])
def test_simulated_spread_is_the_exact_one_within_three_standard_errors(model, seeds):
    arcs = eight(model)
    found = simulate(arcs, np.array(seeds), WORLDS, seed=5)
    assert 0 < found.error[-1] < 0.05
    assert abs(found.total - EXACT[model](arcs, seeds)) < 3 * found.error[-1]


@pytest.mark.parametrize("model", EXACT)
def test_the_interval_covers_the_exact_spread_as_often_as_it_says(model):
    arcs = eight(model)
    exact = EXACT[model](arcs, (0,))
    intervals = [simulate(arcs, np.array([0]), 400, seed).interval() for seed in range(200)]
    covered = np.mean([low[-1] <= exact <= high[-1] for low, high in intervals])
    assert 0.90 < covered < 0.99


def test_every_seed_adds_to_those_before_it():
    arcs = eight("independent_cascade")
    together = simulate(arcs, np.array([0, 3, 7]), WORLDS, seed=2)
    assert together.active == pytest.approx(np.cumsum(together.added))
    for n in (1, 2, 3):
        alone = simulate(arcs, np.array([0, 3, 7][:n]), WORLDS, seed=2)
        assert alone.total == together.active[n - 1]
        assert alone.error[-1] == pytest.approx(together.error[n - 1])
    assert together.by_world.mean() == pytest.approx(together.total)


@pytest.mark.parametrize("model", EXACT)
def test_a_curve_starts_with_the_seeds_and_ends_with_the_spread(model):
    arcs = eight(model)
    curve = diffuse(arcs, np.array([0, 7]), steps=8, worlds=2_000, seed=4)
    assert curve.expected[0] == curve.p10[0] == curve.p90[0] == 2
    assert (np.diff(curve.expected) >= 0).all()
    assert curve.expected[-1] == simulate(arcs, np.array([0, 7]), 2_000, seed=4).total
    assert (curve.p10 <= curve.expected).all()
    assert (curve.expected <= curve.p90).all()


def test_after_one_step_only_neighbours_are_active():
    chain = network_of([("a", "b", 1.0), ("b", "c", 1.0)], "abc")
    arcs = spread_arcs([Influence(chain, 50.0, 1.0, "along")], "independent_cascade")
    assert diffuse(arcs, np.array([0]), 3, 10, seed=1).expected.tolist() == [1, 2, 3, 3]


def test_no_seed_and_no_arc_spread_nothing():
    arcs = eight("independent_cascade")
    assert simulate(arcs, np.empty(0, dtype=np.int64), 10, seed=1).total == 0
    lonely = spread_arcs([Influence(network_of(EIGHT), 0.0, 0.0, "along")], "independent_cascade")
    assert lonely.n_arcs == 0
    assert simulate(lonely, np.array([0, 1]), 10, seed=1).active.tolist() == [1, 2]


def test_a_lead_is_measured_world_by_world():
    arcs = eight("independent_cascade")
    a = simulate(arcs, np.array([0]), WORLDS, seed=3)
    b = simulate(arcs, np.array([5]), WORLDS, seed=3)
    lead, low, high = a.lead_over(b)
    assert lead == pytest.approx(a.total - b.total)
    assert low < lead < high
    assert a.lead_over(a) == (0.0, 0.0, 0.0)


def test_draws_belong_to_arcs_and_not_to_the_order_they_come_in():
    arcs = eight("independent_cascade")
    shuffled = spread_arcs(
        [Influence(network_of(EIGHT[::-1]), 1.0, 0.8, "along")], "independent_cascade"
    )
    a, b = (simulate(one, np.array([0]), 500, seed=1).by_world for one in (arcs, shuffled))
    assert a.tolist() == b.tolist()
    assert a.tolist() != simulate(arcs, np.array([0]), 500, seed=2).by_world.tolist()
