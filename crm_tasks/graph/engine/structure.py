"""What ties alone tell: degrees, components, mixing.

A tie of a node with itself counts as networkx counts it: twice in an undirected degree and its
strength, once in each direction of a directed one, and never as returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, Network


def degrees(network: Network) -> tuple[Ints, Ints]:
    """Return (in, out) number of ties per node; both are the degree if undirected."""
    ones = np.ones(network.n_edges)
    into, out = _summed(network, ones)
    return into.astype(np.int64), out.astype(np.int64)


def strengths(network: Network) -> tuple[Floats, Floats]:
    """Return (in, out) sum of tie strengths per node; both are the total if undirected."""
    return _summed(network, network.strengths)


def _summed(network: Network, values: Floats) -> tuple[Floats, Floats]:
    n = network.n_nodes
    out: Floats = np.bincount(network.sources, values, minlength=n).astype(np.float64)
    into: Floats = np.bincount(network.targets, values, minlength=n).astype(np.float64)
    return (into, out) if network.is_directed else (out + into, out + into)


def component_of_each(network: Network) -> Ints:
    """Return the (weakly) connected component of each node, numbered by size, largest first."""
    if network.n_nodes == 0:
        return np.empty(0, dtype=np.int64)
    _, found = csgraph.connected_components(network.adjacency, directed=network.is_directed)
    return numbered_by_size(found.astype(np.int64))


def strong_component_of_each(network: Network) -> Ints:
    """Return the component of nodes that reach one another, numbered by size, largest first."""
    if network.n_nodes == 0:
        return np.empty(0, dtype=np.int64)
    _, found = csgraph.connected_components(
        network.adjacency, directed=network.is_directed, connection="strong"
    )
    return numbered_by_size(found.astype(np.int64))


def numbered_by_size(group: Ints) -> Ints:
    """Return group numbers by size, largest first; equal sizes are ordered by their first node.

    >>> numbered_by_size(np.array([7, 3, 3, 5])).tolist()
    [1, 0, 0, 2]
    """
    _, first, inverse, sizes = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[inverse]


def reciprocity(network: Network) -> float | None:
    """Return the share of directed ties whose opposite exists too; None without ties."""
    if not network.is_directed or network.n_edges == 0:
        return None
    plain = network.without_loops()
    there = plain.matrix(np.ones(plain.n_edges))
    return float(there.multiply(there.T.tocsr()).nnz / network.n_edges)


def degree_assortativity(network: Network) -> float | None:
    """Return Newman's (2003) correlation of the degrees at both ends of a tie.

    Directed: out-degree of the source with in-degree of the target. None where it is undefined:
    no tie, or all degrees equal.
    """
    into, out = degrees(network)
    x, y = out[network.sources], into[network.targets]
    if not network.is_directed:
        back = ~network.is_loop
        x, y = np.r_[x, y[back]], np.r_[y, x[back]]
    if len(x) == 0 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).mean() / np.sqrt((x * x).mean() * (y * y).mean()))
