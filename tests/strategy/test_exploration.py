"""Exploration: probabilities are those of the draw, places are never exceeded, draws repeat."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.strategy.exploration import explore, keep_places
from crm_tasks.strategy.optimise import Family, Problem, solve
from tests.strategy.optimise.instances import keeps_upper

EXACT = 10_000


def problem(seed=0, n_units=60, n_days=2, places=20):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), 3)
    day = np.repeat(rng.integers(0, n_days, n_units), 3)
    days = Family("day", ("1", "2"), day, np.ones(len(unit)), np.full(n_days, float(places)),
                  np.zeros(n_days))  # fmt: skip
    return Problem(unit, np.round(rng.uniform(0.1, 1, len(unit)), 6), (days,)), day


def drawn(lend, reserve, planned, seed):
    n = reserve.problem.n_units
    names = pa.array([f"c{i:03}" for i in range(n)])
    return explore(lend(), reserve, planned, names, str(seed), "2024-07-01")


def test_propensities_are_the_frequencies_of_the_draw_and_sum_to_one(scratch):
    given, day = problem()
    reserve = keep_places(given, day, 0.4)
    assert reserve.n_explorers.tolist() == [8, 8]
    planned = solve(reserve.problem, EXACT).taken
    n_draws = 400
    counts = np.zeros(len(given.gain))
    lent = scratch()
    for seed in range(n_draws):
        explored = drawn(lambda: lent, reserve, planned, seed)
        assert keeps_upper(given, explored.taken)
        counts[explored.taken] += 1
    expected = explored.propensity
    error = np.sqrt(expected * (1 - expected) / n_draws)
    assert np.abs(counts / n_draws - expected).max() < 5 * error.max()
    assert (expected > 0).all()
    of_unit = np.bincount(given.place, expected)
    assert (of_unit <= 1 + 1e-9).all()
    share = reserve.share
    is_planned = np.isin(np.arange(60), given.place[planned])
    assert of_unit == pytest.approx(np.where(is_planned, 1 - share / 4, share * 3 / 4))


def test_the_same_seed_draws_the_same_and_another_draws_others(scratch):
    given, day = problem()
    reserve = keep_places(given, day, 0.4)
    planned = solve(reserve.problem, EXACT).taken
    first, again, other = (drawn(scratch, reserve, planned, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.taken, again.taken)
    assert not np.array_equal(first.is_explorer, other.is_explorer)
    assert np.array_equal(first.propensity, other.propensity)


def test_who_is_drawn_changes_nothing_for_the_others(scratch):
    given, day = problem()
    reserve = keep_places(given, day, 0.4)
    planned = solve(reserve.problem, EXACT).taken
    explored = drawn(scratch, reserve, planned, 3)
    stays = planned[~explored.is_explorer[given.place[planned]]]
    assert len(stays) > 10
    assert set(stays) <= set(explored.taken)


def test_nobody_explores_where_there_is_no_place_to_keep(scratch):
    given, day = problem(places=2)
    reserve = keep_places(given, day, 0.1)
    assert reserve.n_explorers.tolist() == [0, 0]
    planned = solve(reserve.problem, EXACT).taken
    explored = drawn(scratch, reserve, planned, 1)
    assert np.array_equal(explored.taken, planned)
    assert set(explored.propensity) == {0.0, 1.0}
    nothing = Problem(np.zeros(0, np.int64), np.zeros(0), ())
    none = keep_places(nothing, np.zeros(0, np.int64), 0.5)
    assert drawn(scratch, none, np.zeros(0, np.int64), 1).taken.tolist() == []
