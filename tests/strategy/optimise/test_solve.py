"""The optimiser against brute force, the linear program and its own bound; all limits kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from crm_tasks.strategy.optimise import Family, Problem, solve
from crm_tasks.strategy.optimise.prices import row_matrix
from tests.strategy.optimise.instances import by_hand, drawn, keeps_lower, keeps_upper

EXACT, LAGRANGIAN = 10_000, 0


def relaxed(problem):
    """Return the linear program's value, written down apart from the optimiser."""
    n = len(problem.gain)
    units = csr_matrix((np.ones(n), (problem.place, np.arange(n))))
    most = np.concatenate([family.at_most for family in problem.families])
    rows = row_matrix(problem)[np.flatnonzero(np.isfinite(most))]
    limits = np.r_[np.ones(problem.n_units), most[np.isfinite(most)]]
    return -linprog(-problem.gain, vstack([units, rows]), limits, bounds=(0, None)).fun


@pytest.mark.parametrize("seed", range(12))
def test_a_tiny_plan_is_the_best_there_is(seed):
    problem = drawn(seed, 6, 3, tightness=0.5)
    solution = solve(problem, EXACT)
    assert solution.objective == pytest.approx(by_hand(problem), abs=1e-6)
    assert solution.bound >= solution.objective - 1e-9
    assert keeps_upper(problem, solution.taken)


@pytest.mark.parametrize("seed", range(4))
def test_a_tiny_plan_keeps_lower_limits_too(seed):
    problem = drawn(seed, 6, 3, tightness=0.7, at_least=0.4)
    best = by_hand(problem)
    assert np.isfinite(best)
    solution = solve(problem, EXACT)
    assert solution.objective == pytest.approx(best, abs=1e-6)
    assert keeps_lower(problem, solution.taken)


@pytest.mark.parametrize("seed", range(3))
def test_a_large_plan_is_within_its_proven_gap_of_the_linear_program(seed):
    problem = drawn(seed, 5_000, 6, tightness=0.2)
    solution = solve(problem, LAGRANGIAN)
    best = relaxed(problem)
    assert keeps_upper(problem, solution.taken)
    assert solution.method == "lagrangian"
    assert best - 1e-6 <= solution.bound <= best * 1.001
    assert solution.objective >= 0.995 * best
    assert solution.gap <= 0.005


def test_units_move_to_their_second_days_in_a_chain_to_make_room():
    """Day 0 is asked for twice as often as it has places, day 6 not at all."""
    rng = np.random.default_rng(3)
    first = np.repeat(np.arange(6), [200, 100, 100, 100, 100, 100])
    n, worth = len(first), np.round(rng.gamma(2, 1, 700) + 1, 6)
    day = np.column_stack([first, first + 1]).ravel()
    days = Family("day", tuple(map(str, range(7))), day, np.ones(2 * n), np.full(7, 100.0),
                  np.zeros(7))  # fmt: skip
    problem = Problem(np.repeat(np.arange(n), 2), np.repeat(worth, 2), (days,))
    solution = solve(problem, LAGRANGIAN)
    assert solution.method == "lagrangian"
    assert keeps_upper(problem, solution.taken)
    assert solution.objective == pytest.approx(worth.sum(), rel=1e-3)
    assert solution.gap < 1e-3


def test_prices_are_what_one_more_place_gains():
    gain = np.array([5.0, 4.0, 3.0, 2.0])
    day = Family("day", ("d",), np.zeros(4, np.int64), np.ones(4), np.array([2.0]), np.zeros(1))
    problem = Problem(np.arange(4), gain, (day,))
    solution = solve(problem, EXACT)
    assert solution.taken.tolist() == [0, 1]
    assert 3.0 - 1e-6 <= solution.prices[0][0] <= 4.0 + 1e-6
    wide = problem.with_limits([np.array([9.0])], [np.zeros(1)])
    free = solve(wide, EXACT)
    assert (free.objective, free.prices[0][0]) == (14.0, 0.0)


def test_what_loses_is_not_taken_and_nothing_is_a_plan():
    problem = Problem(np.array([0, 1]), np.array([-1.0, 0.0]), ())
    assert solve(problem, EXACT).objective == 0.0
    assert solve(problem, LAGRANGIAN).taken.tolist() == []
    nothing = Problem(np.zeros(0, np.int64), np.zeros(0), ())
    assert solve(nothing, EXACT).taken.tolist() == []


def test_a_lower_limit_nobody_can_meet_leaves_a_plan():
    day = Family("day", ("d",), np.zeros(3, np.int64), np.ones(3), np.array([1.0]), np.zeros(1))
    group = Family("group", ("g",), np.zeros(3, np.int64), np.ones(3), np.array([np.inf]),
                   np.array([3.0]))  # fmt: skip
    problem = Problem(np.arange(3), np.array([1.0, 2.0, 3.0]), (day, group))
    for exact in (EXACT, LAGRANGIAN):
        assert solve(problem, exact).taken.tolist() == [2]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_units=st.integers(1, 60),
    tightness=st.floats(0.0, 1.0),
    at_least=st.sampled_from([0.0, 0.1]),
)
@example(seed=98, n_units=1, tightness=0.0, at_least=0.0)  # nobody has an option
def test_no_plan_exceeds_a_limit_and_none_beats_the_bound(seed, n_units, tightness, at_least):
    problem = drawn(seed, n_units, tightness=tightness, at_least=at_least)
    for exact in (EXACT, LAGRANGIAN):
        solution = solve(problem, exact)
        assert keeps_upper(problem, solution.taken)
        if keeps_lower(problem, solution.taken):
            assert solution.objective <= solution.bound + 1e-6 * max(1.0, abs(solution.bound))


def test_the_same_problem_has_the_same_plan():
    first, second = (solve(drawn(3, 3_000, tightness=0.2), LAGRANGIAN) for _ in range(2))
    assert len(first.taken) > 100
    assert np.array_equal(first.taken, second.taken)
    assert all(np.array_equal(a, b) for a, b in zip(first.prices, second.prices, strict=True))
