"""Measures over shortest paths, either over distance = 1 / strength or over hops.

Betweenness: Brandes 2001, as a share of the pairs of others. Closeness: Wasserman and Faust 1994,
the form for disconnected networks (share of nodes reached, divided by their mean distance).
Harmonic: Boldi and Vigna 2014. In a directed network they look at the paths that lead to a node, as
networkx does. Mean and longest length read ties in both directions, within the largest component,
so that they are defined for every network with a tie.

Exact measures cost one search per node: the caller decides up to which size that is sensible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from crm_tasks.graph.engine.searches import FARTHEST, INVERSE, LENGTH, REACHED, THROUGH, search_from
from crm_tasks.graph.engine.structure import component_of_each

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Network

Over = Literal["distance", "hops"]
OVER: tuple[Over, Over] = ("distance", "hops")


@dataclass(frozen=True, eq=False)
class PathMeasures:
    """Path measures of one network over one kind of length, each with its largest error.

    Arrays have shape (n_nodes,); an error is that of the node's figure, 0 where exact. A measure is
    None where it was not computed. ``mean_length`` and ``longest`` are over all ordered pairs of
    different nodes within the largest component, ties read in both directions; None if it holds a
    single node. ``longest`` of an approximation is a lower bound.
    """

    betweenness: Floats | None
    closeness: Floats | None
    harmonic: Floats | None
    mean_length: float | None
    longest: float | None
    betweenness_error: Floats | None
    closeness_error: Floats | None
    harmonic_error: Floats | None
    mean_length_error: float
    method: str

    @property
    def is_exact(self) -> bool:
        """Whether no figure is an approximation."""
        return self.method == EXACT


EXACT = "exact"


def measure_paths(network: Network, over: Over) -> PathMeasures:
    """Return exact betweenness, closeness and harmonic centrality of every node.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from crm_tasks.graph.engine.network import Network
    >>> ties = pa.table({"src_id": ["a", "b"], "dst_id": ["b", "c"], "strength": [0.5, 1.0]})
    >>> network = Network.from_ties(pa.chunked_array([["a", "b", "c"]]), ties, is_directed=False)
    >>> measured = measure_paths(network, "distance")
    >>> measured.betweenness.tolist(), measured.mean_length
    ([0.0, 1.0, 0.0], 2.0)
    """
    n = network.n_nodes
    sums = search_from(network.arcs, np.arange(n), over_hops=over == "hops")
    mean_length, longest = lengths_within_largest(network, over, sums)
    exact = np.zeros(n)
    return PathMeasures(
        betweenness=sums[THROUGH] / pairs_of_others(n),
        closeness=closeness_of(sums),
        harmonic=sums[INVERSE],
        mean_length=mean_length,
        longest=longest,
        betweenness_error=exact,
        closeness_error=exact,
        harmonic_error=exact,
        mean_length_error=0.0,
        method=EXACT,
    )


def lengths_within_largest(
    network: Network, over: Over, sums: Floats
) -> tuple[float | None, float | None]:
    """Return exact mean and longest length within the largest component.

    ``sums`` from all nodes of an undirected network serve again; ties of a directed one are read
    in both directions, which takes a search of its own.
    """
    is_within = component_of_each(network) == 0
    size = int(is_within.sum())
    if size < 2:  # noqa: PLR2004 (a path needs two ends)
        return None, None
    if network.is_directed:
        largest = network.undirected.part(is_within)
        within = search_from(largest.arcs, np.arange(size), over_hops=over == "hops")
    else:
        within = sums[:, is_within]
    return float(within[LENGTH].sum()) / (size * (size - 1)), float(within[FARTHEST].max())


def largest_component(network: Network) -> Network:
    """Return the largest component, ties read in both directions."""
    return network.undirected.part(component_of_each(network) == 0)


def closeness_of(sums: Floats) -> Floats:
    """Return closeness from sums over all nodes as sources."""
    reached, total = sums[REACHED], sums[LENGTH]
    n = len(reached)
    nearness = np.divide(reached, total, out=np.zeros(n), where=total > 0)
    found: Floats = nearness * reached / max(n - 1, 1)
    return found


def pairs_of_others(n: int) -> int:
    """Return the ordered pairs a node may stand between; each undirected pair counts twice."""
    return max((n - 1) * (n - 2), 1)


def spread_out(found: PathMeasures, whole: Network) -> PathMeasures:
    """Return measures of ``whole.tied_part()`` as they are in the whole network.

    Nodes without a tie are on no path and near nobody; they only count among the others that a
    share is of.
    """
    is_tied = np.zeros(whole.n_nodes, dtype=bool)
    is_tied[whole.sources] = is_tied[whole.targets] = True
    tied, n = int(is_tied.sum()), whole.n_nodes
    of_pairs = pairs_of_others(tied) / pairs_of_others(n)
    of_others = max(tied - 1, 1) / max(n - 1, 1)

    def spread(values: Floats | None, share: float) -> Floats | None:
        if values is None:
            return None
        out = np.zeros(n)
        out[is_tied] = values * share
        return out

    return replace(
        found,
        betweenness=spread(found.betweenness, of_pairs),
        betweenness_error=spread(found.betweenness_error, of_pairs),
        closeness=spread(found.closeness, of_others),
        closeness_error=spread(found.closeness_error, of_others),
        harmonic=spread(found.harmonic, 1.0),
        harmonic_error=spread(found.harmonic_error, 1.0),
    )
