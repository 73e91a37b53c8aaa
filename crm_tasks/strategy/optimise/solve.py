"""Solve the plan: exactly below a size, with a proven gap above it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, eye, hstack, vstack

from crm_tasks.strategy.optimise.fill import fill
from crm_tasks.strategy.optimise.prices import find_prices, row_matrix, solve_relaxed
from crm_tasks.strategy.optimise.problem import SLACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.strategy.optimise.problem import Floats, Ints, Problem

#: Nodes a branch-and-bound may open: a bound of work that is the same on every machine.
NODES = 2_000
GAP = 1e-6
#: Options of which the linear program is solved outright.
RELAXED_AT_MOST = 30_000
#: A plan this near to its bound is left as it was filled.
GAP_ENOUGH = 1e-4
TOLERANCE = 1e-6
WHOLE = 0.5


@dataclass(frozen=True, eq=False)
class Solution:
    """What is taken and how good it is.

    Attributes
    ----------
    taken : ndarray of int64
        The options taken, ascending.
    prices : tuple of ndarray of float64
        Shadow price of every row, by family; below 0 where a lower limit costs.
    objective, bound : float
        What the plan gains, and what no plan can gain more than.
    method : str
        ``mixed_integer`` or ``lagrangian``: who found the plan.
    """

    taken: Ints
    prices: tuple[Floats, ...]
    objective: float
    bound: float
    method: str

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound."""
        return max(self.bound - self.objective, 0.0) / max(abs(self.bound), 1e-9)


def solve(problem: Problem, exact_at_most: int) -> Solution:
    """Return a plan that keeps all upper limits, and lower limits as far as these allow.

    Parameters
    ----------
    problem : Problem
        Options, gains and limits.
    exact_at_most : int
        Options up to which HiGHS is asked for the best plan.
    """
    if not len(problem.unit):
        nothing = tuple(np.zeros(len(family.at_most)) for family in problem.families)
        return Solution(np.zeros(0, dtype=np.int64), nothing, 0.0, 0.0, "lagrangian")
    prices = find_prices(problem)
    taken = fill(problem, prices.of_rows)
    found = Solution(taken, prices.of_rows, problem.value(taken), prices.bound, "lagrangian")
    if len(problem.unit) > exact_at_most:
        return found if found.gap <= GAP_ENOUGH else _refilled(problem, found)
    return _better(problem, found, _solve_exactly(problem))


def _refilled(problem: Problem, found: Solution) -> Solution:
    """Return a plan around what the linear program takes wholly, if it is a better one."""
    begun = _whole_part(problem, found.prices)
    if begun is None:
        return found
    taken = fill(problem, found.prices, begun)
    again = replace(found, taken=taken, objective=problem.value(taken))
    return min(found, again, key=lambda one: (missed(problem, one.taken), -one.objective))


def _whole_part(problem: Problem, prices: Sequence[Floats]) -> Ints | None:
    """Return what the linear program takes wholly of the options that are nearest to their prices.

    Filling alone turns a unit away whose days are full, though others could make room by moving to
    their second days in a chain; the program moves them. None where it would be too large.
    """
    worth = problem.reduced(prices)
    if np.count_nonzero((worth > 0) & (problem.gain > 0)) > RELAXED_AT_MOST:
        return None
    order = np.argsort(-worth, kind="stable")
    options = np.sort(order[problem.gain[order] > 0][:RELAXED_AT_MOST])
    part = problem.of(options)
    most, least = (
        np.concatenate([getattr(f, name) for f in problem.families] or [np.zeros(0)])
        for name in ("at_most", "at_least")
    )
    penalty = 2.0 * float(problem.gain.max(initial=0.0)) + 1.0
    whole = options[solve_relaxed(part, most, least, penalty).taken > 1 - TOLERANCE]
    fits = all((f.used(whole) <= f.at_most + SLACK).all() for f in problem.families)
    return whole if fits else None


def missed(problem: Problem, taken: Ints) -> float:
    """Return by how much a plan misses its lower limits, in all."""
    return float(sum(
        np.maximum(family.at_least - family.used(taken), 0.0).sum() for family in problem.families
    ))  # fmt: skip


def _better(problem: Problem, found: Solution, exact: tuple[Ints, float] | None) -> Solution:
    if exact is None:
        return found
    taken, bound = exact
    value = problem.value(taken)
    lowest = min(found.bound, bound)
    is_better = (missed(problem, taken), -value) < (missed(problem, found.taken), -found.objective)
    if not is_better:
        return Solution(found.taken, found.prices, found.objective, max(lowest, found.objective),
                        found.method)  # fmt: skip
    return Solution(taken, found.prices, value, max(lowest, value), "mixed_integer")


def _solve_exactly(problem: Problem) -> tuple[Ints, float] | None:
    """Return the best plan by HiGHS and its bound; None if it found none within its nodes."""
    n = len(problem.gain)
    rows = row_matrix(problem)
    most = np.concatenate([f.at_most for f in problem.families] or [np.zeros(0)])
    least = np.concatenate([f.at_least for f in problem.families] or [np.zeros(0)])
    lower = np.flatnonzero(least > 0)
    units = csr_matrix((np.ones(n), (problem.place, np.arange(n))), shape=(problem.n_units, n))
    blank = csr_matrix((problem.n_units + len(most), len(lower)))
    matrix = vstack([
        hstack([vstack([units, rows]), blank]), hstack([rows[lower], eye(len(lower))])
    ]).tocsr()  # fmt: skip
    high = np.r_[np.ones(problem.n_units), most, np.full(len(lower), np.inf)]
    low = np.r_[np.full(problem.n_units + len(most), -np.inf), least[lower]]
    # A lower limit may be missed, at more than any option gains, so a plan always exists.
    penalty = 2.0 * float(problem.gain.max(initial=0.0)) + 1.0
    solved = milp(
        np.r_[-problem.gain, np.full(len(lower), penalty)],
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.r_[np.ones(n), np.zeros(len(lower))],
        bounds=Bounds(0, np.r_[np.ones(n), np.full(len(lower), np.inf)]),
        options={"node_limit": NODES, "mip_rel_gap": GAP},
    )
    if solved.x is None:
        return None
    taken = np.flatnonzero(solved.x[:n] > WHOLE).astype(np.int64)
    bound = -float(solved.mip_dual_bound) if solved.mip_dual_bound is not None else np.inf
    # With lower limits the program's value holds penalties: its bound speaks of another sum.
    return taken, np.inf if len(lower) else bound
