"""Shadow prices: the point where the Lagrangian bound is lowest.

For any prices p >= 0 the sum over units of their best option at those prices, plus what the limits
are worth, bounds every plan from above (Lagrangian relaxation; Fisher 1981,
https://doi.org/10.1287/mnsc.27.1.1). The prices start as those of the linear program of a sample of
units, solved by HiGHS, and are then moved by cutting planes in a shrinking box (Kelley's method
with a trust region) on all units. Where the sample is everybody, the program's prices are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix, hstack, vstack

from crm_tasks.strategy.optimise.problem import best_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.strategy.optimise.problem import Floats, Ints, Problem

#: Units whose linear program is solved outright.
SAMPLE = 2_000
ITERATIONS = 60
#: The search ends when no prices in the box can lower the bound by more than this share.
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of every row, their bound, and each unit's best option at them.

    A price is what one more unit of an upper limit would gain; below 0 it is what a lower limit
    costs.
    """

    of_rows: tuple[Floats, ...]
    bound: float


def find_prices(problem: Problem) -> Prices:
    """Return the prices with the lowest bound that was found; the bound always holds."""
    search = _Search(problem)
    start = search.from_sample()
    best = search.bound(start)
    if problem.n_units > SAMPLE:
        start, best = search.refine(start, best)
    return Prices(search.split(start), best.bound)


@dataclass(frozen=True, eq=False)
class _Point:
    bound: float
    slope: Floats


class _Search:
    """Prices as one vector: those of upper limits that bind, then those of lower limits."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.sizes = [len(family.at_most) for family in problem.families]
        self.most = np.concatenate([f.at_most for f in problem.families] or [np.zeros(0)])
        self.least = np.concatenate([f.at_least for f in problem.families] or [np.zeros(0)])
        self.upper = np.flatnonzero(np.isfinite(self.most))
        self.lower = np.flatnonzero(self.least > 0)
        highest = float(problem.gain.max(initial=0.0))
        #: What missing a lower limit costs: more than any option gains.
        self.penalty = 2.0 * highest + 1.0

    def split(self, vector: Floats) -> tuple[Floats, ...]:
        """Return net prices by family."""
        net = np.zeros(len(self.most))
        net[self.upper] += vector[: len(self.upper)]
        net[self.lower] -= vector[len(self.upper) :]
        return tuple(np.split(net, np.cumsum(self.sizes)[:-1])) if self.sizes else ()

    def bound(self, vector: Floats) -> _Point:
        """Return the Lagrangian bound at prices, and its slope."""
        problem, prices = self.problem, self.split(vector)
        worth = problem.reduced(prices)
        best = best_of_each(problem.place, worth)
        taken = best[worth[best] > 0]
        used = np.concatenate([f.used(taken) for f in problem.families] or [np.zeros(0)])
        slope = np.concatenate([
            self.most[self.upper] - used[self.upper], used[self.lower] - self.least[self.lower]
        ])  # fmt: skip
        limits = np.concatenate([self.most[self.upper], -self.least[self.lower]])
        return _Point(float(worth[taken].sum() + limits @ vector), slope)

    def from_sample(self) -> Floats:
        """Return the prices of the linear program of evenly spread units, limits scaled to them."""
        problem = self.problem
        if not len(self.upper) + len(self.lower):
            return np.zeros(0)
        n = problem.n_units
        chosen = np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64))
        is_chosen = np.zeros(n, dtype=bool)
        is_chosen[chosen] = True
        options = np.flatnonzero(is_chosen[problem.place] & (problem.gain > -self.penalty))
        share = len(chosen) / n
        solved = solve_relaxed(
            problem.of(options), self.most * share, self.least * share, self.penalty
        )
        return np.concatenate([solved.upper[self.upper], solved.lower[self.lower]])

    def refine(self, start: Floats, best: _Point) -> tuple[Floats, _Point]:
        """Move the prices by cutting planes until no cut promises a lower bound."""
        cuts = [(start, best)]
        step = 0.1 * start + 0.01 * self._scale()
        for _ in range(ITERATIONS):
            trial, promised = self._lowest(cuts, start, step)
            if best.bound - promised <= TOLERANCE * max(1.0, abs(best.bound)):
                break
            found = self.bound(trial)
            cuts.append((trial, found))
            is_better = found.bound < best.bound
            start, best = (trial, found) if is_better else (start, best)
            step = step * (1.5 if is_better else 0.5)
        return start, best

    def _scale(self) -> Floats:
        """Return what one unit of each row is worth at the mean gain: prices differ by it."""
        gain = float(np.abs(self.problem.gain).mean()) + 1e-9
        uses = [max(float(np.abs(f.use).mean()), 1e-9) for f in self.problem.families]
        scale = gain / np.repeat(uses, self.sizes)
        return np.concatenate([scale[self.upper], scale[self.lower]])

    def _lowest(
        self, cuts: Sequence[tuple[Floats, _Point]], centre: Floats, step: Floats
    ) -> tuple[Floats, float]:
        """Return where the model of all cuts is lowest within the box, and how low."""
        slopes = np.array([point.slope for _, point in cuts])
        at = np.array([point.bound - point.slope @ vector for vector, point in cuts])
        top = np.r_[np.full(len(self.upper), np.inf), np.full(len(self.lower), self.penalty)]
        bounds = [
            *zip(np.maximum(centre - step, 0.0), np.minimum(centre + step, top), strict=True),
            (None, None),
        ]
        rows = np.column_stack([slopes, -np.ones(len(cuts))])
        cost = np.r_[np.zeros(len(centre)), 1.0]
        solved = linprog(cost, A_ub=rows, b_ub=-at, bounds=bounds, method="highs")
        if solved.x is None:  # a box too narrow for the solver's own tolerance
            return centre, float(min(point.bound for _, point in cuts))
        return np.clip(solved.x[:-1], 0.0, top), float(solved.fun)


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The linear program's solution.

    Attributes
    ----------
    upper, lower : ndarray of float64, shape (n_rows,)
        Prices of upper and of lower limits.
    taken : ndarray of float64, shape (n_options,)
        How much of each option is taken, 0 to 1; all but a few per limit are whole.
    """

    upper: Floats
    lower: Floats
    taken: Floats


def solve_relaxed(problem: Problem, at_most: Floats, at_least: Floats, penalty: float) -> Relaxed:
    """Return the solution of the linear program.

    A lower limit may be missed at ``penalty`` a unit, so a solution always exists.
    """
    n = len(problem.gain)
    rows = row_matrix(problem)
    upper, lower = np.flatnonzero(np.isfinite(at_most)), np.flatnonzero(at_least > 0)
    units = csr_matrix((np.ones(n), (problem.place, np.arange(n))), shape=(problem.n_units, n))
    missed = csr_matrix(
        (np.ones(len(lower)), (np.arange(len(lower)), np.arange(len(lower)))),
        shape=(len(lower), len(lower)),
    )
    blank = csr_matrix((problem.n_units + len(upper), len(lower)))
    matrix = vstack([
        hstack([vstack([units, rows[upper]]), blank]), hstack([-rows[lower], -missed])
    ]).tocsr()  # fmt: skip
    limits = np.r_[np.ones(problem.n_units), at_most[upper], -at_least[lower]]
    cost = np.r_[-problem.gain, np.full(len(lower), penalty)]
    found = Relaxed(np.zeros(len(at_most)), np.zeros(len(at_most)), np.zeros(n))
    if not len(cost):  # nobody has an option: a program without variables is none to SciPy
        return found
    solved = linprog(cost, A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs")
    if solved.x is None:
        return found
    duals = np.maximum(-solved.ineqlin.marginals[problem.n_units :], 0.0)
    found.upper[upper], found.lower[lower] = duals[: len(upper)], duals[len(upper) :]
    found.taken[:] = solved.x[:n]
    return found


def row_matrix(problem: Problem) -> csr_matrix:
    """Return the uses as one sparse matrix, a row per limit, families one below the other."""
    parts, first = [], 0
    options: Ints = np.arange(len(problem.gain), dtype=np.int64)
    for family in problem.families:
        counted = family.row >= 0
        parts.append((family.use[counted], family.row[counted] + first, options[counted]))
        first += len(family.at_most)
    if not parts:
        return csr_matrix((0, len(options)))
    use, row, column = (np.concatenate(part) for part in zip(*parts, strict=True))
    return coo_matrix((use, (row, column)), shape=(first, len(options))).tocsr()
