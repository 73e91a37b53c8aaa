"""Who may activate whom, in a form that serves both models of diffusion.

A world is one outcome of all coins. In a world an arc is live or not, and whoever a live path leads
to from a seed is active in the end (Kempe, Kleinberg, Tardos 2003,
https://doi.org/10.1145/956750.956769). Under the independent cascade each arc has a coin of its own
and is live with its probability. Under the linear threshold each node draws one number, which picks
at most one of its incoming arcs by weight; this gives the same distribution of active nodes, step
by step, as uniform thresholds do. Either way an arc is live where its coin falls into its interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import scipy.sparse as sp

from crm_tasks.errors import ContractError
from crm_tasks.graph.influence.kernels import COIN_BITS, Incidence

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.engine.network import Floats, Ints

Flow = Literal["both", "along", "against"]
Model = Literal["independent_cascade", "linear_threshold"]

SIDES = 2.0**COIN_BITS


@dataclass(frozen=True, eq=False)
class Influence:
    """One layer and what it carries.

    Attributes
    ----------
    network : Network
        The layer; its nodes are everybody the influence may reach.
    rate : float
        Independent cascade: an arc of strength s activates with ``1 - exp(-rate * s)``.
    share : float
        Linear threshold: an arc weighs ``share * s / sum of s into its target``.
    flow : {'both', 'along', 'against'}
        Whether influence runs both ways, from source to target, or from target to source (whoever
        is trusted influences those who trust).
    """

    network: Network
    rate: float
    share: float
    flow: Flow


@dataclass(frozen=True, eq=False)
class SpreadArcs:
    """Arcs among ``ids``, sorted by source and target, with the probability or weight of each."""

    ids: pa.StringArray
    model: Model
    sources: Ints
    targets: Ints
    probabilities: Floats
    outgoing: Incidence
    incoming: Incidence

    @property
    def n_nodes(self) -> int:
        return len(self.ids)

    @property
    def n_arcs(self) -> int:
        return len(self.targets)

    def summed_out(self) -> Floats:
        """Return the sum of probabilities of the arcs that leave each node."""
        summed = np.bincount(self.sources, self.probabilities, minlength=self.n_nodes)
        return summed.astype(np.float64)

    def count_out(self) -> Ints:
        """Return the number of arcs that leave each node."""
        return np.bincount(self.sources, minlength=self.n_nodes).astype(np.int64)


def spread_arcs(layers: list[Influence], model: Model) -> SpreadArcs:
    """Return the arcs of all layers together.

    Chances add up where several layers tie the same two: hazards under the independent cascade
    (so that 1 - p multiplies), weights under the linear threshold, where the weights into a node
    are scaled down if they sum to more than 1.

    Raises
    ------
    ContractError
        No layer, or layers of different nodes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from crm_tasks.graph.engine import Network
    >>> ties = pa.table({"src_id": ["a"], "dst_id": ["b"], "strength": [0.5]})
    >>> pair = Network.from_ties(pa.chunked_array([["a", "b"]]), ties, is_directed=False)
    >>> arcs = spread_arcs([Influence(pair, 1.0, 0.2, "both")], "independent_cascade")
    >>> arcs.sources.tolist(), arcs.targets.tolist(), arcs.probabilities.round(4).tolist()
    ([0, 1], [1, 0], [0.3935, 0.3935])
    """
    if not layers:
        raise ContractError("no layer carries influence; activation needs at least one")
    ids = layers[0].network.ids
    if any(not layer.network.ids.equals(ids) for layer in layers):
        raise ContractError("layers that carry influence together must have the same nodes")
    weights = _weights(layers, model)
    sources = np.repeat(np.arange(len(ids), dtype=np.int64), np.diff(weights.indptr))
    targets = weights.indices.astype(np.int64)
    if model == "independent_cascade":
        probabilities = -np.expm1(-weights.data)
        coins = np.arange(len(targets), dtype=np.int64)
        low = np.zeros(len(targets), dtype=np.int64)
        high = np.rint(probabilities * SIDES).astype(np.int64)
    else:
        probabilities, low, high = _thresholds(weights, targets)
        coins = targets
    ends = np.stack([sources, targets, coins, low, high])
    by_target = ends[:, np.lexsort((sources, targets))]
    return SpreadArcs(
        ids, model, sources, targets, probabilities,
        _incidence(ends, len(ids)), _incidence(by_target[[1, 0, 2, 3, 4]], len(ids)),
    )  # fmt: skip


def _weights(layers: list[Influence], model: Model) -> sp.csr_matrix:
    n = layers[0].network.n_nodes
    total = sp.csr_matrix((n, n))
    for layer in layers:
        strengths = _arcs(layer)
        if model == "independent_cascade":
            total = total + layer.rate * strengths
        else:
            into = np.asarray(strengths.sum(axis=0)).ravel()
            scale = np.divide(layer.share, into, out=np.zeros(n), where=into > 0)
            total = total + strengths @ sp.diags(scale)
    total = total.tocsr()
    total.eliminate_zeros()
    total.sort_indices()
    return total


def _arcs(layer: Influence) -> sp.csr_matrix:
    """Return a layer's strengths with a row for who activates and a column for who is activated."""
    network = layer.network.without_loops()  # nobody activates oneself
    ends = network.sources, network.targets
    shape = (network.n_nodes, network.n_nodes)
    along = sp.csr_matrix((network.strengths, ends), shape=shape)
    if layer.flow == "both":
        return along + along.T.tocsr()
    return along if layer.flow == "along" else along.T.tocsr()


def _thresholds(weights: sp.csr_matrix, targets: Ints) -> tuple[Floats, Ints, Ints]:
    """Return each arc's weight and its interval among those that lead to the same node."""
    n = weights.shape[0]
    into = np.bincount(targets, weights.data, minlength=n)
    scaled = weights.data / np.maximum(into, 1.0)[targets]
    order = np.argsort(targets, kind="stable")
    ordered = targets[order]
    summed = np.concatenate(([0.0], np.cumsum(scaled[order])))
    first = np.searchsorted(ordered, np.arange(n))[ordered]
    ends = np.clip(np.rint((summed[1:] - summed[first]) * SIDES), 0, SIDES).astype(np.int64)
    # Where one arc's interval ends the next begins, so that a number never picks two.
    begins = np.where(np.arange(len(ends)) == first, 0, np.roll(ends, 1))
    low, high = np.empty_like(ends), np.empty_like(ends)
    low[order], high[order] = begins, ends
    return scaled, low, high


def _incidence(arcs: Ints, n_nodes: int) -> Incidence:
    """Return arcs by their first end; rows of ``arcs`` are node, other, coin, low and high."""
    nodes, others, coins, low, high = np.ascontiguousarray(arcs)
    starts = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(nodes, minlength=n_nodes), out=starts[1:])
    return Incidence(starts, others, coins, low, high)
