"""Communities: Leiden (Traag, Waltman, van Eck 2019) on one thread, hence the same every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_tasks.graph.engine.network import Floats, Ints, Network, networkit
from crm_tasks.graph.engine.structure import numbered_by_size, strengths


def leiden(network: Network, resolution: float = 1.0, seed: int = 1) -> Ints:
    """Return a community number per node, numbered by size, largest first.

    Equal sizes are ordered by their first node; a node without ties is alone. The result depends
    on content only: the network's arrays are in canonical order, NetworKit runs on one thread
    without shuffling, and its generator is seeded.
    """
    if network.n_edges == 0:
        return np.arange(network.n_nodes, dtype=np.int64)
    library = networkit()
    library.setSeed(seed, useThreadId=False)
    graph = network.to_networkit(network.strengths)
    found = library.community.ParallelLeiden(graph, randomize=False, gamma=resolution)
    found.run()
    return numbered_by_size(np.asarray(found.getPartition().getVector(), dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Cohesion:
    """How well groups hold together, by group number; ``inside`` is by node."""

    internal_share: Floats
    modularity_part: Floats
    inside: Floats

    @property
    def modularity(self) -> float:
        """Newman's modularity of the whole partition."""
        return float(self.modularity_part.sum())


def cohesion(network: Network, group: Ints) -> Cohesion:
    """Return the cohesion of a partition of an undirected network, weighted by strength.

    ``internal_share``: share of the members' summed strength that stays inside. ``modularity_part``
    : what the group adds to modularity (Newman 2006). ``inside``: per node, the share of its
    summed strength that goes to its own group; 0 without ties.
    """
    n_groups = int(group.max(initial=-1)) + 1
    total, _ = strengths(network)
    is_inner = group[network.sources] == group[network.targets]
    kept = np.where(is_inner, network.strengths, 0.0)
    n = network.n_nodes
    kept_of_node = np.bincount(network.sources, kept, minlength=n) + np.bincount(
        network.targets, kept, minlength=n
    )
    inner = np.bincount(group, kept_of_node, minlength=n_groups)
    whole = np.bincount(group, total, minlength=n_groups)
    everything = total.sum()
    share = np.divide(whole, everything, out=np.zeros(n_groups), where=everything > 0)
    inner_share = np.divide(inner, everything, out=np.zeros(n_groups), where=everything > 0)
    return Cohesion(
        internal_share=np.divide(inner, whole, out=np.zeros(n_groups), where=whole > 0),
        modularity_part=inner_share - share**2,
        inside=np.divide(kept_of_node, total, out=np.zeros(n), where=total > 0),
    )
