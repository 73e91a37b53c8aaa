"""Seeds of largest spread by reverse-reachable sets, under costs, a budget and forbidden nodes.

A reverse-reachable set is whoever reaches a random node in a random world; the share of sets that
hold one of the seeds, times n, is their spread (Borgs et al. 2014). How many sets suffice follows
IMM (Tang, Shi, Xiao 2015, https://doi.org/10.1145/2723372.2723734), with two departures. The sets
that choose are not those that said how many are needed, which mends its proof (Chen 2018,
https://doi.org/10.48550/arXiv.1808.09363). With costs the better of two greedy choices is taken,
by gain and by gain per cost: the better one is at least (1 - 1/e) / 2 of the best, either alone may
be arbitrarily bad (Leskovec et al. 2007, https://doi.org/10.1145/1281192.1281239).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, lgamma, log, log2, sqrt
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from crm_tasks.graph.influence.kernels import GrowingSets, Sets, collect_reachers, cover

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.graph.engine.network import Ints
    from crm_tasks.graph.influence.arcs import SpreadArcs
    from crm_tasks.graph.influence.params import InfluenceParams

    ShortInts = npt.NDArray[np.int32]

#: Costs are whole numbers of this part of a currency unit, so that sums compare exactly.
COST_UNIT = 1e-4
NOBODY = np.iinfo(np.int64).max  # a cost nobody can afford
SETS_AT_ONCE = 500_000


@dataclass(frozen=True, eq=False)
class Limits:
    """What a choice of seeds may take.

    Attributes
    ----------
    costs : ndarray of int64, shape (n_nodes,)
        Cost of each node in ``COST_UNIT``; ``NOBODY`` where a node is forbidden.
    budget : int
        Sum of costs at most, in ``COST_UNIT``.
    at_most : int
        Number of seeds at most.
    """

    costs: Ints
    budget: int
    at_most: int

    @classmethod
    def of(
        cls, costs: np.ndarray, is_forbidden: np.ndarray, budget: float | None, at_most: int
    ) -> Limits:
        """Return limits from costs in currency; without a budget only the number counts."""
        whole = np.rint(np.asarray(costs, dtype=np.float64) / COST_UNIT).astype(np.int64)
        open_end = int(whole.sum()) if budget is None else round(budget / COST_UNIT)
        return cls(np.where(is_forbidden, NOBODY, whole), open_end, at_most)

    def affordable(self) -> int:
        """Return the largest number of seeds that any choice can hold."""
        cheapest = np.cumsum(np.sort(self.costs[self.costs <= self.budget]))
        return min(self.at_most, int(np.searchsorted(cheapest, self.budget, side="right")))

    def take(self, order: Ints) -> Ints:
        """Return the first of ``order`` that can be paid, passing over who cannot."""
        taken: list[int] = []
        left = self.budget
        for node in order.tolist():
            if len(taken) == self.at_most:
                break
            if self.costs[node] <= left:
                taken.append(node)
                left -= int(self.costs[node])
        return np.array(taken, dtype=np.int64)

    def cost_of(self, seeds: Ints) -> float:
        """Return the sum of the seeds' costs in currency."""
        return float(self.costs[seeds].sum()) * COST_UNIT


@dataclass(frozen=True, eq=False)
class Chosen:
    """Seeds in the order they were taken, and how well their sets were sampled.

    ``estimate`` is the spread the same sets give, which is optimistic: they were chosen to fit it.
    ``epsilon`` is the relative error the sample stands for; above what was asked for where the
    sample was cut.
    """

    seeds: Ints
    estimate: float
    n_sets: int
    epsilon: float


def choose_seeds(arcs: SpreadArcs, limits: Limits, params: InfluenceParams) -> Chosen:
    """Return seeds of largest spread within ``limits``."""
    size = limits.affordable()
    if size == 0 or arcs.n_nodes == 0:
        return Chosen(np.empty(0, dtype=np.int64), 0.0, 0, params.epsilon)
    if arcs.n_nodes == 1:
        return Chosen(np.zeros(1, dtype=np.int64), 1.0, 0, params.epsilon)
    bounds = _Bounds(arcs.n_nodes, size, params.epsilon, params.failure)
    limit = params.sets_at_most, params.entries_at_most
    lower = _spread_at_least(SetSampler(arcs, params.seed, *limit), limits, bounds)
    needed = bounds.sets_for(lower)
    sampler = SetSampler(arcs, params.seed + 1, *limit)
    seeds, covered = best_cover(sampler.upto(needed), limits)
    epsilon = params.epsilon * sqrt(max(needed / sampler.n_sets, 1.0))
    return Chosen(seeds, arcs.n_nodes * covered / sampler.n_sets, sampler.n_sets, epsilon)


def best_cover(sets: Sets, limits: Limits) -> tuple[Ints, int]:
    """Return the better of the two greedy choices, and the number of sets it covers."""
    both = [cover(sets, limits.costs, limits.budget, limits.at_most, by) for by in (False, True)]
    seeds, added = max(both, key=lambda found: int(found[1].sum()))
    return seeds, int(added.sum())


class SetSampler:
    """Reverse-reachable sets of one stream of worlds, drawn as far as they are asked for.

    Every node is the root of equally many sets, up to one. Sums of independent draws that are not
    alike keep to the bounds that IMM uses, and vary less than those of random roots.

    Parameters
    ----------
    arcs : SpreadArcs
        Who may activate whom.
    seed : int
        The stream; two samplers with different seeds share no world.
    sets_at_most, entries_at_most : int
        Number of sets, and of members of sets with more than one, above which no more are drawn.
    """

    def __init__(
        self, arcs: SpreadArcs, seed: int, sets_at_most: int, entries_at_most: int
    ) -> None:
        self._arcs, self._seed = arcs, seed
        self._sets_at_most, self._entries_at_most = sets_at_most, entries_at_most
        self._members: list[ShortInts] = [np.empty(0, dtype=np.int32)]
        self._lengths: list[Ints] = [np.empty(0, dtype=np.int64)]
        self._alone = np.zeros(arcs.n_nodes, dtype=np.int64)
        self._entries = 0
        self.n_sets = 0

    def upto(self, n_sets: int) -> Sets:
        """Return at least ``n_sets`` sets, or fewer where a limit is met; see ``n_sets``."""
        n = self._arcs.n_nodes
        wanted = min(-(-n_sets // n) * n, self._sets_at_most)
        while self.n_sets < wanted and self._entries < self._entries_at_most:
            self._draw(min(SETS_AT_ONCE, wanted - self.n_sets))
        lengths = np.concatenate(self._lengths)
        return _indexed(np.concatenate(self._members), lengths, self._alone)

    def _draw(self, n_worlds: int) -> None:
        ends = np.empty(n_worlds, dtype=np.int64)
        room = np.empty(max(self._arcs.n_nodes, 4 * n_worlds), dtype=np.int32)
        growing = GrowingSets(ends, room, self._alone)
        arcs = self._arcs.incoming
        done, kept = collect_reachers(arcs, self.n_sets, n_worlds, self._seed, growing)
        used = int(ends[kept - 1]) if kept else 0
        self._members.append(room[:used].copy())
        self._lengths.append(np.diff(ends[:kept], prepend=0))
        self.n_sets, self._entries = self.n_sets + done, self._entries + used


def _indexed(members: ShortInts, lengths: Ints, alone: Ints) -> Sets:
    """Return the sets with, for each node, the sets that hold it."""
    ends = np.cumsum(lengths)
    rows = sp.csr_matrix(
        (np.ones(len(members), dtype=np.int8), members, np.concatenate(([0], ends))),
        shape=(len(ends), len(alone)),
    )
    columns = rows.tocsc()
    starts = columns.indptr.astype(np.int64)
    return Sets(ends, members, alone.copy(), starts, columns.indices.astype(np.int32))


@dataclass(frozen=True)
class _Bounds:
    """How many sets IMM needs; the names are those of Tang et al. 2015, section 3."""

    n: int
    size: int
    epsilon: float
    failure: float

    @property
    def log_choices(self) -> float:
        n, k = self.n, self.size
        return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)

    @property
    def log_failure(self) -> float:
        """``ell * ln n``, each half of the method failing with half the probability."""
        return log(2.0 / self.failure)

    @property
    def search_epsilon(self) -> float:
        return sqrt(2.0) * self.epsilon

    def sets_to_try(self, spread: float) -> int:
        """Return the sets that can tell whether some seeds have at least this spread."""
        wide = self.search_epsilon
        rounds = log(max(log2(self.n), 1.0))
        top = (2 + 2 * wide / 3) * (self.log_choices + self.log_failure + rounds)
        return int(top * self.n / wide**2 / spread) + 1

    def sets_for(self, least: float) -> int:
        """Return the sets that choose seeds if the best spread is at least ``least``."""
        part = 1 - 1 / e
        alpha = sqrt(self.log_failure + log(2))
        beta = sqrt(part * (self.log_choices + self.log_failure + log(2)))
        return int(2 * self.n * (part * alpha + beta) ** 2 / self.epsilon**2 / least) + 1


def _spread_at_least(sampler: SetSampler, limits: Limits, bounds: _Bounds) -> float:
    """Return a spread the best seeds have at least, found by halving from everybody."""
    guess = bounds.n / 2.0
    floor = float(bounds.size)
    while guess > floor:
        wanted = bounds.sets_to_try(guess)
        _, covered = best_cover(sampler.upto(wanted), limits)
        found = bounds.n * covered / sampler.n_sets
        if found >= (1 + bounds.search_epsilon) * guess or sampler.n_sets < wanted:
            return max(found / (1 + bounds.search_epsilon), floor)
        guess /= 2.0
    return floor
