"""Shortest paths over hops from many nodes at once: Brandes (2001) level by level.

All nodes of a block search together: one sparse-by-dense product per level counts the paths of a
whole block, a second sweep hands the dependencies back. On networks as shallow as those of people
this takes a third of the time of one search per node; a long chain has too many levels for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scipy.sparse as sp

    from crm_tasks.graph.engine.network import Floats, Network

TOGETHER = 64
LEVELS_AT_MOST = 60


class TooDeep(Exception):
    """Some shortest path has more hops than a sweep is worth; never leaves the engine."""


def sweep_hops(network: Network) -> Iterator[tuple[slice, Floats, Floats]]:
    """Yield (nodes, hops, dependencies) block by block.

    ``hops`` has shape (nodes of the block, n_nodes): hops of the shortest path that leads to each,
    infinite if there is none. ``dependencies``, shape (n_nodes,), are Brandes' sums over the
    block's nodes; over all blocks they are betweenness over ordered pairs.

    Raises
    ------
    TooDeep
        A path is longer than 60 hops.
    """
    n = network.n_nodes
    onward = network.matrix(np.ones(network.n_edges))
    # Searching against the direction of the ties finds the paths that lead to a node.
    backward = onward.T.tocsr() if network.is_directed else onward
    for start in range(0, n, TOGETHER):
        block = np.arange(start, min(start + TOGETHER, n))
        hops, paths = _count_paths(onward, block)
        dependencies = _hand_back(backward, hops, paths, block)
        yield slice(start, start + len(block)), hops.T, dependencies


def _count_paths(onward: sp.csr_matrix, block: np.ndarray) -> tuple[Floats, Floats]:
    """Return (hops, number of shortest paths), shape (n_nodes, block)."""
    shape = (onward.shape[0], len(block))
    hops, paths = np.full(shape, np.inf), np.zeros(shape)
    columns = np.arange(len(block))
    hops[block, columns], paths[block, columns] = 0.0, 1.0
    front = paths.copy()
    for level in range(1, LEVELS_AT_MOST + 1):
        front = onward @ front
        front[np.isfinite(hops)] = 0.0
        is_new = front > 0
        if not is_new.any():
            return hops, paths
        hops[is_new] = level
        paths += front
    raise TooDeep


def _hand_back(backward: sp.csr_matrix, hops: Floats, paths: Floats, block: np.ndarray) -> Floats:
    per_path = np.divide(1.0, paths, out=np.zeros_like(paths), where=paths > 0)
    dependency = np.zeros_like(paths)
    deepest = int(hops.max(where=np.isfinite(hops), initial=0.0))
    for level in range(deepest, 0, -1):
        owed = np.where(hops == level, (1.0 + dependency) * per_path, 0.0)
        dependency += np.where(hops == level - 1, (backward @ owed) * paths, 0.0)
    dependency[block, np.arange(len(block))] = 0.0
    return np.asarray(dependency.sum(axis=1))
