"""Who is central by whom they are tied to: PageRank and eigenvector centrality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

    from crm_tasks.graph.engine.network import Floats, Network

MAX_ROUNDS = 1000


def pagerank(
    network: Network,
    damping: float = 0.85,
    tolerance: float = 1e-14,
    max_rounds: int = MAX_ROUNDS,
) -> Floats:
    """Return PageRank weighted by strength, summing to 1 (Page, Brin et al. 1999).

    Nodes without outgoing ties give their rank to all nodes alike. Iterates until the ranks move
    by less than ``tolerance`` per node in sum, which the damping reaches in about 200 rounds.
    """
    n = network.n_nodes
    if n == 0:
        return np.empty(0)
    out = np.asarray(network.adjacency.sum(axis=1)).ravel()
    gives = np.divide(1.0, out, out=np.zeros(n), where=out > 0)
    flow = _pulled(network, gives)
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


def eigenvector(
    network: Network, tolerance: float = 1e-14, max_rounds: int = MAX_ROUNDS
) -> Floats | None:
    """Return eigenvector centrality weighted by strength, of length 1 (Bonacich 1972).

    A node is as central as those whose ties lead to it. Power iteration on (A + I) from equal
    values, as networkx does it. None if it does not settle in ``max_rounds``: the largest
    eigenvalue has near rivals, or ties lead in no circle.
    """
    n = network.n_nodes
    if n == 0:
        return np.empty(0)
    flow = _pulled(network, np.ones(n))
    central = np.full(n, 1.0 / n)
    for _ in range(max_rounds):
        new: Floats = central + flow @ central
        new /= np.linalg.norm(new)
        moved = np.abs(new - central).sum()
        central = new
        if moved < n * tolerance:
            return central
    return None


def _pulled(network: Network, gives: Floats) -> sp.csr_matrix:
    """Return the matrix that takes a value from each node to those its ties lead to."""
    scaled = network.adjacency.copy()
    scaled.data *= np.repeat(gives, np.diff(scaled.indptr))
    return scaled.T.tocsr()
