"""Approximations beside the exact figures: the same leaders, and errors that hold as stated."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.graph import engine
from tests.graph.builders import power_law_network, random_network

FLAT = power_law_network(1000, 4000, seed=1)
DIRECTED = power_law_network(1000, 4000, seed=2, is_directed=True)
LAYERS = pytest.mark.parametrize("layer", [FLAT, DIRECTED], ids=["undirected", "directed"])


def overlap(found: np.ndarray, exact: np.ndarray, top: int = 100) -> float:
    """Return the share of the exact top that is found."""
    return len(set(np.argsort(-found)[:top]) & set(np.argsort(-exact)[:top])) / top


def holds(found: np.ndarray, exact: np.ndarray, error: np.ndarray) -> float:
    return float(np.all(error >= 0) and np.mean(np.abs(found - exact) <= error + 1e-12))


@LAYERS
def test_pivots_find_the_leaders_and_state_their_errors(layer):
    exact = engine.measure_paths(layer, "distance")
    found = engine.sample_paths(layer, "distance", pivots=500, seed=1)
    assert found.method == "500 pivots"
    for name in ("betweenness", "closeness", "harmonic"):
        ours, true = getattr(found, name), getattr(exact, name)
        assert overlap(ours, true) >= 0.9, name
        assert holds(ours, true, getattr(found, f"{name}_error")) >= 0.999, name
    assert abs(found.mean_length - exact.mean_length) <= found.mean_length_error
    assert found.longest <= exact.longest


@LAYERS
@pytest.mark.parametrize("over", engine.OVER)
def test_as_many_pivots_as_nodes_give_the_exact_figures(layer, over):
    exact = engine.measure_paths(layer, over)
    found = engine.sample_paths(layer, over, pivots=layer.n_nodes, seed=1)
    assert found.is_exact
    for name in ("betweenness", "closeness", "harmonic"):
        assert np.allclose(getattr(found, name), getattr(exact, name), rtol=0, atol=1e-9), name
    assert found.betweenness_error.max() == 0.0
    assert found.mean_length == pytest.approx(exact.mean_length, abs=1e-9)


@LAYERS
def test_sampled_paths_over_hops_find_the_leaders_and_state_their_errors(layer):
    exact = engine.measure_paths(layer, "hops")
    found, error = engine.sample_betweenness_hops(layer, 50_000, seed=1)
    assert overlap(found, exact.betweenness) >= 0.9
    assert holds(found, exact.betweenness, error) == 1.0
    assert error.max() < 0.02


@LAYERS
def test_counted_balls_are_exact(layer):
    exact = engine.measure_paths(layer, "hops")
    found = engine.approximate_hops(layer, samples=100, precision=None, seed=1)
    assert np.allclose(found.closeness, exact.closeness, rtol=0, atol=1e-9)
    assert np.allclose(found.harmonic, exact.harmonic, rtol=0, atol=1e-9)
    assert found.mean_length == pytest.approx(exact.mean_length, abs=1e-9)
    assert found.longest == exact.longest
    assert found.harmonic_error.max() == found.mean_length_error == 0.0


@LAYERS
def test_hyperball_ranks_as_the_exact_figures_and_states_its_error(layer):
    exact = engine.measure_paths(layer, "hops")
    found = engine.approximate_hops(layer, samples=100, precision=10, seed=1)
    assert overlap(found.harmonic, exact.harmonic) >= 0.9
    assert holds(found.harmonic, exact.harmonic, found.harmonic_error) == 1.0
    assert holds(found.closeness, exact.closeness, found.closeness_error) == 1.0
    assert abs(found.mean_length - exact.mean_length) <= found.mean_length_error
    assert found.longest <= exact.longest


@pytest.mark.parametrize("seed", range(1, 12))
def test_approximations_stand_for_any_network_however_small(seed):
    for is_directed in (False, True):
        layer = random_network(seed, is_directed=is_directed)
        exact = engine.measure_paths(layer, "hops")
        found = engine.approximate_hops(layer, samples=2000, precision=8, seed=1)
        assert holds(found.betweenness, exact.betweenness, found.betweenness_error) == 1.0
        assert holds(found.harmonic, exact.harmonic, found.harmonic_error) == 1.0
        pivots = engine.sample_paths(layer, "distance", pivots=8, seed=1)
        assert len(pivots.closeness) == layer.n_nodes


def test_draws_depend_on_the_seed_only():
    one, same, other = (engine.sample_betweenness_hops(FLAT, 500, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    balls = [engine.estimate_balls(FLAT, 8, seed).hops for seed in (1, 1, 2)]
    assert np.array_equal(balls[0], balls[1])
    assert not np.array_equal(balls[0], balls[2])
