"""What speaks for a tie between two customers: paths between them, and how alike they stand.

Common neighbours, Adamic-Adar (2003, https://doi.org/10.1016/S0378-8733(03)00009-1), resource
allocation (Zhou, Lu, Zhang 2009, https://doi.org/10.1140/epjb/e2009-00335-8), preferential
attachment, paths of two hops by strength and of three hops (the local path index, Katz cut after
three), and the cosine in a spectral embedding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from crm_tasks.graph.links.kernels import N_SCORES, list_two_hops, score_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.links.params import LinkParams

SCORES = (
    "common_neighbours",
    "adamic_adar",
    "resource_allocation",
    "path_strength",
    "three_hop_paths",
    "preferential_attachment",
    "embedding",
)
PAIRS_AT_ONCE = 2_000_000
DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of nodes that are not tied, by ascending first node."""

    first: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.first)


class Neighbourhood:
    """A layer as link prediction sees it: undirected, with an embedding made once it is needed."""

    def __init__(self, network: Network, params: LinkParams) -> None:
        self.network = network.undirected.without_loops()
        self.params = params

    def candidates(self, rows: Ints) -> Iterator[Pairs]:
        """Yield, in blocks, every node within two hops of each of ``rows`` that is not tied to it.

        Examples
        --------
        >>> import pyarrow as pa
        >>> from crm_tasks.graph.engine import Network
        >>> from crm_tasks.graph.links.params import LinkParams
        >>> ties = pa.table({"src_id": ["a", "b"], "dst_id": ["b", "c"], "strength": [1.0, 1.0]})
        >>> nodes = pa.chunked_array([["a", "b", "c"]])
        >>> network = Network.from_ties(nodes, ties, is_directed=False)
        >>> found = next(Neighbourhood(network, LinkParams()).candidates(np.arange(3)))
        >>> found.first.tolist(), found.second.tolist()
        ([0, 2], [2, 0])
        """
        arcs, hubs = self.network.arcs, self.params.hub_from
        room = np.empty(max(2 * arcs.n_nodes, PAIRS_AT_ONCE), dtype=np.int32)
        left = rows
        while len(left):
            ends = np.empty(len(left), dtype=np.int64)
            done = list_two_hops(arcs.starts, arcs.targets, left, hubs, room, ends)
            first = np.repeat(left[:done], np.diff(ends[:done], prepend=0))
            yield Pairs(first, room[: len(first)].astype(np.int64))
            left = left[done:]

    def scores(self, pairs: Pairs) -> Floats:
        """Return one row per pair and one column per name in SCORES."""
        arcs = self.network.arcs
        paths = score_paths(arcs.starts, arcs.targets, arcs.strengths, pairs.first, pairs.second)
        degree = np.diff(arcs.starts).astype(np.float64)
        found = np.empty((len(pairs), len(SCORES)))
        found[:, :N_SCORES] = paths
        found[:, N_SCORES] = degree[pairs.first] * degree[pairs.second]
        found[:, N_SCORES + 1] = self.cosine(pairs)
        return found

    def cosine(self, pairs: Pairs) -> Floats:
        """Return the cosine of two nodes' places in the embedding, 0 for nodes without ties."""
        place = self.embedding
        cosine: Floats = np.einsum("ij,ij->i", place[pairs.first], place[pairs.second])
        return cosine.round(DECIMALS)

    @cached_property
    def embedding(self) -> Floats:
        """Unit vectors from the leading singular vectors of the normalised adjacency.

        Each axis counts by its singular value. Randomised (Halko, Martinsson, Tropp 2011), seeded,
        on one thread: the same network gives the same places.
        """
        degree = np.asarray(self.network.adjacency.sum(axis=1)).ravel()
        scale = sp.diags(
            np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
        )
        n_axes = min(self.params.dimensions, self.network.n_nodes)
        if self.network.n_edges == 0 or n_axes == 0:
            return np.zeros((self.network.n_nodes, max(n_axes, 1)))
        with threadpool_limits(1):
            left, values, _ = randomized_svd(
                (scale @ self.network.adjacency @ scale).tocsr(),
                n_axes,
                n_iter=6,
                random_state=self.params.seed,
            )
        place = left * values
        length = np.linalg.norm(place, axis=1, keepdims=True)
        return np.asarray(np.divide(place, length, out=np.zeros_like(place), where=length > 0))


def as_features(scores: Floats) -> Floats:
    """Return scores on the scale the model reads: counts and sums as logarithms, cosine as is."""
    features: Floats = np.log1p(np.maximum(scores, 0.0))
    features[:, SCORES.index("embedding")] = scores[:, SCORES.index("embedding")]
    return features.round(DECIMALS)
