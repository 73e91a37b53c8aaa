"""Measures over shortest paths, either over distance = 1 / strength or over hops.

Betweenness: Brandes 2001. Closeness: Wasserman and Faust 1994, the form for disconnected networks
(share of nodes reached, divided by their mean distance). Harmonic: Boldi and Vigna 2014. In a
directed network closeness and harmonic look at the paths that lead to a node, as networkx does.

All are exact and cost one search per node: the caller decides up to which size that is sensible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csgraph

from crm_tasks.graph.engine.hops import TooDeep, sweep_hops
from crm_tasks.graph.engine.network import Floats, Network, networkit
from crm_tasks.graph.engine.structure import component_of_each

if TYPE_CHECKING:
    from collections.abc import Iterator

Over = Literal["distance", "hops"]
CELLS_AT_ONCE = 4_000_000  # 32 MB of distances at a time, whatever the number of nodes
BETWEEN_NEEDS = 3  # somebody stands between two others


@dataclass(frozen=True, eq=False)
class PathMeasures:
    """Path measures of one network over one kind of length.

    ``mean_length`` and ``longest`` are over all ordered pairs of different nodes within the
    largest component, and None if that holds a single node or, directed, an unreachable pair.
    """

    betweenness: Floats
    closeness: Floats
    harmonic: Floats
    mean_length: float | None
    longest: float | None


def measure_paths(network: Network, over: Over) -> PathMeasures:
    """Return exact betweenness, closeness and harmonic centrality of every node.

    Examples
    --------
    >>> import pyarrow as pa
    >>> ties = pa.table({"src_id": ["a", "b"], "dst_id": ["b", "c"], "strength": [0.5, 1.0]})
    >>> network = Network.from_ties(pa.chunked_array([["a", "b", "c"]]), ties, is_directed=False)
    >>> measured = measure_paths(network, "distance")
    >>> measured.betweenness.tolist(), measured.mean_length
    ([0.0, 1.0, 0.0], 2.0)
    """
    if over == "hops":
        try:
            return _over_hops(network)
        except TooDeep:
            pass  # a long chain: searching node by node is cheaper than sweeping level by level
    totals = _Totals(network)
    for rows, lengths in _lengths_to(network, over):
        totals.add(rows, lengths)
    return totals.measures(_betweenness(network, over))


def _over_hops(network: Network) -> PathMeasures:
    totals = _Totals(network)
    betweenness = np.zeros(network.n_nodes)
    for rows, lengths, dependencies in sweep_hops(network):
        totals.add(rows, lengths)
        betweenness += dependencies
    return totals.measures(betweenness / _pairs_of_others(network.n_nodes))


class _Totals:
    """Sums over blocks of path lengths; each node is one row of one block."""

    def __init__(self, network: Network) -> None:
        n = network.n_nodes
        self.reached, self.total, self.harmonic = np.zeros(n), np.zeros(n), np.zeros(n)
        self.is_in_largest = component_of_each(network) == 0
        self.length_sum, self.longest = 0.0, 0.0

    def add(self, rows: slice, lengths: Floats) -> None:
        """Take the lengths of the paths from every node (column) to the nodes of ``rows``."""
        is_reached = np.isfinite(lengths) & (lengths > 0)
        self.reached[rows] = is_reached.sum(axis=1)
        self.total[rows] = lengths.sum(axis=1, where=is_reached)
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=is_reached)
        self.harmonic[rows] = inverse.sum(axis=1)
        within = lengths[self.is_in_largest[rows]][:, self.is_in_largest]
        self.length_sum += float(within.sum())
        self.longest = max(self.longest, float(within.max(initial=0.0)))

    def measures(self, betweenness: Floats) -> PathMeasures:
        members = int(self.is_in_largest.sum())
        pairs = members * (members - 1)
        is_defined = pairs > 0 and np.isfinite(self.length_sum)
        return PathMeasures(
            betweenness=betweenness,
            closeness=self._closeness(),
            harmonic=self.harmonic,
            mean_length=self.length_sum / pairs if is_defined else None,
            longest=self.longest if is_defined else None,
        )

    def _closeness(self) -> Floats:
        n = len(self.reached)
        mean = np.divide(self.reached, self.total, out=np.zeros(n), where=self.total > 0)
        return mean * self.reached / max(n - 1, 1)


def _lengths_to(network: Network, over: Over) -> Iterator[tuple[slice, Floats]]:
    """Yield blocks of nodes with the lengths of the shortest paths that lead to them."""
    n = network.n_nodes
    values = 1.0 / network.strengths if over == "distance" else np.ones(network.n_edges)
    matrix = network.matrix(values)
    if network.is_directed:
        matrix = matrix.T.tocsr()
    step = max(1, CELLS_AT_ONCE // max(n, 1))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        indices = np.arange(rows.start, rows.stop)
        yield rows, csgraph.dijkstra(matrix, directed=True, indices=indices)


def _betweenness(network: Network, over: Over) -> Floats:
    """Return betweenness as a share of the pairs of other nodes."""
    if network.n_nodes < BETWEEN_NEEDS or network.n_edges == 0:
        return np.zeros(network.n_nodes)
    graph = network.to_networkit(1.0 / network.strengths if over == "distance" else None)
    between = networkit().centrality.Betweenness(graph)
    between.run()
    return np.asarray(between.scores(), dtype=np.float64) / _pairs_of_others(network.n_nodes)


def _pairs_of_others(n: int) -> int:
    """Return the ordered pairs a node may stand between; each undirected pair counts twice."""
    return max((n - 1) * (n - 2), 1)
