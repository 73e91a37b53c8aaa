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
    n = network.n_nodes
    reached, total, harmonic = np.zeros(n), np.zeros(n), np.zeros(n)
    in_largest = component_of_each(network) == 0
    length_sum, longest = 0.0, 0.0
    for rows, lengths in _lengths_to(network, over):
        is_reached = np.isfinite(lengths) & (lengths > 0)
        reached[rows] = is_reached.sum(axis=1)
        total[rows] = np.where(is_reached, lengths, 0.0).sum(axis=1)
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=is_reached)
        harmonic[rows] = inverse.sum(axis=1)
        within = lengths[in_largest[rows]][:, in_largest]
        length_sum += float(within.sum())
        longest = max(longest, float(within.max(initial=0.0)))
    pairs = int(in_largest.sum()) * (int(in_largest.sum()) - 1)
    is_defined = pairs > 0 and np.isfinite(length_sum)
    return PathMeasures(
        betweenness=_betweenness(network, over),
        closeness=_closeness(reached, total),
        harmonic=harmonic,
        mean_length=length_sum / pairs if is_defined else None,
        longest=longest if is_defined else None,
    )


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
        yield (
            rows,
            csgraph.dijkstra(matrix, directed=True, indices=indices, unweighted=over == "hops"),
        )


def _closeness(reached: Floats, total: Floats) -> Floats:
    n = len(reached)
    if n <= 1:
        return np.zeros(n)
    mean = np.divide(reached, total, out=np.zeros(n), where=total > 0)
    return mean * reached / (n - 1)


def _betweenness(network: Network, over: Over) -> Floats:
    """Return betweenness as a share of the pairs of other nodes."""
    n = network.n_nodes
    if n < BETWEEN_NEEDS or network.n_edges == 0:
        return np.zeros(n)
    graph = network.to_networkit(1.0 / network.strengths if over == "distance" else None)
    between = networkit().centrality.Betweenness(graph)
    between.run()
    # NetworKit counts each undirected pair in both directions, hence the same divisor for both.
    return np.asarray(between.scores(), dtype=np.float64) / ((n - 1) * (n - 2))
