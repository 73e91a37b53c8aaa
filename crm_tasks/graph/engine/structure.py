"""Measures that need no paths: degrees, PageRank, cores, clustering, components, mixing."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse import csgraph

from crm_tasks.errors import ContractError
from crm_tasks.graph.engine.network import Floats, Ints, Network, networkit


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


def pagerank(
    network: Network, damping: float = 0.85, tolerance: float = 1e-14, max_rounds: int = 1000
) -> Floats:
    """Return PageRank weighted by strength, summing to 1 (Page, Brin et al. 1999).

    Nodes without outgoing ties give their rank to all nodes alike. Iterates until the ranks move
    by less than ``tolerance`` per node in sum, which the damping reaches in about 200 rounds.
    """
    n = network.n_nodes
    if n == 0:
        return np.empty(0)
    _, out = strengths(network)
    gives = np.divide(1.0, out, out=np.zeros(n), where=out > 0)
    flow = (sp.diags(gives) @ network.adjacency).T.tocsr()
    is_dangling = out == 0
    rank = np.full(n, 1.0 / n)
    for _ in range(max_rounds):
        held = rank[is_dangling].sum() / n
        new = damping * (flow @ rank + held) + (1.0 - damping) / n
        moved = np.abs(new - rank).sum()
        rank = new
        if moved < n * tolerance:
            break
    return rank


def core_numbers(network: Network) -> Ints:
    """Return the largest k such that the node belongs to the k-core (Batagelj, Zaversnik 2003)."""
    _refuse_directed(network, "core numbers")
    if network.n_edges == 0:
        return np.zeros(network.n_nodes, dtype=np.int64)
    cores = networkit().centrality.CoreDecomposition(network.to_networkit())
    cores.run()
    return np.asarray(cores.scores(), dtype=np.int64)


def local_clustering(network: Network) -> Floats:
    """Return the share of each node's pairs of neighbours that are tied, 0 below two neighbours."""
    _refuse_directed(network, "clustering")
    if network.n_edges == 0:
        return np.zeros(network.n_nodes)
    shares = networkit().centrality.LocalClusteringCoefficient(network.to_networkit())
    shares.run()
    return np.asarray(shares.scores(), dtype=np.float64)


def transitivity(network: Network) -> float:
    """Return the share of connected triples that close; 0 if there is no triple."""
    degree, _ = degrees(network)
    triples = degree * (degree - 1)
    closed = local_clustering(network) * triples
    return float(closed.sum() / triples.sum()) if triples.any() else 0.0


def component_of_each(network: Network) -> Ints:
    """Return the (weakly) connected component of each node, numbered by size, largest first."""
    if network.n_nodes == 0:
        return np.empty(0, dtype=np.int64)
    _, found = csgraph.connected_components(network.adjacency, directed=network.is_directed)
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
    into, out = degrees(network)
    if not np.any((into > 0) & (out > 0)):
        return 0.0
    n = network.n_nodes
    forth = network.sources * n + network.targets
    back = network.targets * n + network.sources
    return float(np.isin(back, forth).mean())


def degree_assortativity(network: Network) -> float | None:
    """Return Newman's (2003) correlation of the degrees at both ends of a tie.

    Directed: out-degree of the source with in-degree of the target. None where it is undefined:
    no tie, or all degrees equal.
    """
    into, out = degrees(network)
    x, y = out[network.sources], into[network.targets]
    if not network.is_directed:
        x, y = np.r_[x, y], np.r_[y, x]
    if len(x) == 0 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).mean() / np.sqrt((x * x).mean() * (y * y).mean()))


def _refuse_directed(network: Network, what: str) -> None:
    if network.is_directed:
        raise ContractError(f"{what} are defined for undirected layers; this layer is directed")
