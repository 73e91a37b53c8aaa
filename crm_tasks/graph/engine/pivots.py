"""Path measures from a sample of sources: Brandes and Pich 2007, Eppstein and Wang 2004.

Within each component, ties read in both directions, either every node is a source or ``pivots`` of
them, drawn without replacement and without regard to the node. Sums over the drawn sources, scaled
up, estimate the sums over all. Dependencies count by nearness, which steadies them. So does, where
ties have no direction, that lengths are compared with those to one central node, whose sum over all
sources is known: a far source in the sample, or none, moves no figure.

What is stated as the error of a closeness or harmonic figure is that of this node: ``WIDTH``
standard errors, as the sample itself shows them. The error of betweenness is one figure for the
whole network, the widest of all: sources that hardly matter to most may matter much to one, and a
sample that missed them cannot know by how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.paths import (
    EXACT,
    Over,
    PathMeasures,
    largest_component,
    pairs_of_others,
)
from crm_tasks.graph.engine.searches import (
    FARTHEST,
    INVERSE,
    INVERSE_SQUARED,
    LENGTH,
    LENGTH_SQUARED,
    REACHED,
    THROUGH,
    THROUGH_SQUARED,
    search_from,
)
from crm_tasks.graph.engine.structure import component_of_each, strengths

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, Network

#: Standard errors in a stated error: a normal figure lies outside once in 16,000 cases.
WIDTH = 4.0


def sample_paths(network: Network, over: Over, pivots: int, seed: int) -> PathMeasures:
    """Return estimates of the path measures, with errors.

    Parameters
    ----------
    network : Network
        Any network; components of up to ``pivots`` nodes are measured exactly.
    over : 'distance' or 'hops'
        Kind of length.
    pivots : int
        Sources drawn in each larger component.
    seed : int
        Of the draw.
    """
    component = component_of_each(network)
    sources, size = _draw(component, pivots, seed)
    apart = _apart(network, over, component)
    sums = _search(network, over, sources, apart)
    scale = _Scale.of(network, sources, component, size, apart)
    through, through_error = scale.total(sums[THROUGH], sums[THROUGH_SQUARED], 0.0)
    nearest = _strongest_tie(network)
    inverse, inverse_error = scale.total(sums[INVERSE], sums[INVERSE_SQUARED], nearest)
    closeness, closeness_error = scale.closeness(sums)
    mean_length, mean_length_error, longest = _within_largest(network, over, pivots, seed)
    pairs = pairs_of_others(network.n_nodes)
    return PathMeasures(
        betweenness=through / pairs,
        closeness=closeness,
        harmonic=inverse,
        mean_length=mean_length,
        longest=longest,
        betweenness_error=np.full(network.n_nodes, through_error.max(initial=0.0) / pairs),
        closeness_error=closeness_error,
        harmonic_error=inverse_error + scale.unseen(sums),
        mean_length_error=mean_length_error,
        method=EXACT if len(sources) == network.n_nodes else f"{pivots} pivots",
    )


def _search(network: Network, over: Over, sources: Ints, apart: Floats) -> Floats:
    """Return the sums over paths from the sources; dependencies over those that lead to them, too.

    What of a path lies before a node counts from its source, what lies behind from its target: the
    two add up to the whole. Without directions they are the same paths.
    """
    is_hops = over == "hops"
    sums = search_from(network.arcs, sources, over_hops=is_hops, apart=apart, by_nearness=True)
    if network.is_directed:
        back = search_from(network.turned().arcs, sources, over_hops=is_hops, by_nearness=True)
        for row in (THROUGH, THROUGH_SQUARED):  # (a + b)^2 / 4 is at most (a^2 + b^2) / 2
            sums[row] = (sums[row] + back[row]) / 2
    return sums


def _draw(component: Ints, pivots: int, seed: int) -> tuple[Ints, Ints]:
    """Return the sources, ascending, and the size of each node's component."""
    n = len(component)
    shuffled = np.random.default_rng(seed).permutation(n)
    order = shuffled[np.argsort(component[shuffled], kind="stable")]
    sizes = np.bincount(component)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_drawn = np.arange(n) - first < pivots
    return np.sort(order[is_drawn]), sizes[component]


def _apart(network: Network, over: Over, component: Ints) -> Floats:
    """Return each node's length to the node of its component with most strength; 0 if directed."""
    n = network.n_nodes
    if network.is_directed or n == 0:
        return np.zeros(n)
    strength, _ = strengths(network)
    order = np.lexsort((np.arange(n), -strength, component))
    is_first = np.diff(component[order], prepend=-1) > 0
    centres = np.sort(order[is_first])
    lengths: Floats = search_from(network.arcs, centres, over_hops=over == "hops")[LENGTH]
    return lengths


@dataclass(frozen=True, eq=False)
class _Scale:
    """How sums over drawn sources become sums over all others of the component, per node.

    ``others``: other nodes of the component; ``drawn``: how many of them are sources; ``missing``:
    the share of them that is not (the finite population correction of the variance); ``apart``:
    the mean over them of what was taken off their lengths; ``centre_is_away``: the node's own.
    """

    n_nodes: int
    is_directed: bool
    others: Floats
    drawn: Floats
    missing: Floats
    apart: Floats
    centre_is_away: Floats

    @classmethod
    def of(
        cls, network: Network, sources: Ints, component: Ints, size: Ints, apart: Floats
    ) -> _Scale:
        is_source = np.bincount(sources, minlength=network.n_nodes)
        drawn = np.bincount(component, is_source).astype(np.float64)[component] - is_source
        others = (size - 1).astype(np.float64)
        share = np.divide(drawn, others, out=np.ones_like(others), where=others > 0)
        off = _ratio(np.bincount(component, apart)[component] - apart, others)
        return cls(network.n_nodes, network.is_directed, others, drawn, 1.0 - share, off, apart)

    def total(
        self, sums: Floats, squares: Floats, largest: Floats | float
    ) -> tuple[Floats, Floats]:
        """Return the estimated sum over all others, of terms up to ``largest``, and its error."""
        mean = _ratio(sums, self.drawn)
        spread = np.sqrt(self._variance(squares, mean, self.drawn, largest))
        return self.others * mean, WIDTH * self.others * spread

    def closeness(self, sums: Floats) -> tuple[Floats, Floats]:
        """Return estimated closeness and its error, to first order."""
        reached = sums[REACHED]
        beyond = _ratio(sums[LENGTH], reached)
        # No length differs from that to the centre by more than the centre is away.
        spread = np.sqrt(
            self._variance(sums[LENGTH_SQUARED], beyond, reached, 2.0 * self.centre_is_away)
        )
        mean = np.where(reached > 0, self.apart + beyond, 0.0)
        share = _ratio(reached, self.drawn)
        found = _ratio(share * self.others, mean) / max(self.n_nodes - 1, 1)
        relative = _ratio(WIDTH * spread, mean)
        unsure = _ratio(self.unseen(sums), share * self.others)
        never_seen = np.where(reached == 0, self.unseen(sums) / max(self.n_nodes - 1, 1), 0.0)
        return found, found * (relative + unsure) + never_seen

    def unseen(self, sums: Floats) -> Floats:
        """Return how many others may reach a node beyond what the sample shows.

        Without directions all of a component do. With them, a share p seen among k sources has the
        variance p (1 - p) / k; and none seen is consistent with about one in k.
        """
        if not self.is_directed:
            return np.zeros(self.n_nodes)
        share = _ratio(sums[REACHED], self.drawn)
        one = _ratio(np.ones(self.n_nodes), self.drawn)
        spread = np.sqrt(self.missing * one * (share * (1.0 - share) + one))
        return WIDTH * self.others * spread

    def _variance(
        self, squares: Floats, mean: Floats, count: Floats, largest: Floats | float
    ) -> Floats:
        """Return the variance of a mean over ``count`` drawn sources.

        What the sample never met may still be there, up to once in as many: so the variance is at
        least that of one term of the largest size.
        """
        of_one = np.maximum(_ratio(squares, count) - mean**2, 0.0)
        of_one = of_one + _ratio(np.broadcast_to(largest, count.shape) ** 2, count)
        found: Floats = self.missing * _ratio(of_one, np.maximum(count - 1, 1))
        return found


def _strongest_tie(network: Network) -> Floats:
    """Return the strength of each node's strongest tie: nobody is nearer than that."""
    found = np.zeros(network.n_nodes)
    np.maximum.at(found, network.sources, network.strengths)
    np.maximum.at(found, network.targets, network.strengths)
    return found


def _within_largest(
    network: Network, over: Over, pivots: int, seed: int
) -> tuple[float | None, float, float | None]:
    """Return mean length within the largest component, its error, and the longest found."""
    largest = largest_component(network)
    size = largest.n_nodes
    if size < 2:  # noqa: PLR2004 (a path needs two ends)
        return None, 0.0, None
    component = np.zeros(size, dtype=np.int64)
    sources, _ = _draw(component, pivots, seed)
    apart = _apart(largest, over, component)
    sums = search_from(largest.arcs, sources, over_hops=over == "hops", apart=apart)
    # A node's mean length from the sources is what a source's mean length is to all nodes, so the
    # spread over nodes tells the spread over sources.
    beyond = _ratio(sums[LENGTH], sums[REACHED])
    missing = 1.0 - len(sources) / size
    error = WIDTH * float(np.std(beyond - apart) * np.sqrt(missing / len(sources)))
    mean = float(apart.mean() + sums[LENGTH].sum() / sums[REACHED].sum())
    return mean, error, float(sums[FARTHEST].max())


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
