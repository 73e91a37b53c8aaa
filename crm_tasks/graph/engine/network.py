"""One layer of the graph as arrays: an id map and ties in one canonical order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from crm_tasks.errors import ContractError

if TYPE_CHECKING:
    from types import ModuleType

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """An immutable weighted network whose arrays depend on its content only.

    Nodes are numbered by their sorted ids and ties are sorted by their ends, so that shuffled
    input gives the same arrays and hence the same floating-point sums.

    Attributes
    ----------
    ids : pyarrow.StringArray, shape (n_nodes,)
        Node ids, sorted and unique; a node's number is its place here.
    sources, targets : ndarray of int64, shape (n_edges,)
        Ends of each tie; an undirected tie stands once, with source < target.
    strengths : ndarray of float64, shape (n_edges,)
        Strength of each tie, above 0.
    is_directed : bool
        Whether ties lead from source to target only.
    """

    ids: pa.StringArray
    sources: Ints
    targets: Ints
    strengths: Floats
    is_directed: bool

    @classmethod
    def from_ties(cls, nodes: pa.ChunkedArray, ties: pa.Table, *, is_directed: bool) -> Network:
        """Return the network of ``ties`` (src_id, dst_id, strength) among ``nodes``.

        Raises
        ------
        ContractError
            A node or tie stands twice, a tie has an unknown end, joins a node with itself, or has
            a strength that is not above 0.

        Examples
        --------
        >>> ties = pa.table({"src_id": ["b"], "dst_id": ["a"], "strength": [0.5]})
        >>> nodes = pa.chunked_array([["c", "b", "a"]])
        >>> network = Network.from_ties(nodes, ties, is_directed=False)
        >>> network.ids.to_pylist(), network.sources.tolist(), network.targets.tolist()
        (['a', 'b', 'c'], [0], [1])
        """
        ids = sorted_ids(nodes)
        ends = [_numbers(ids, ties.column(name)) for name in ("src_id", "dst_id")]
        if not is_directed:
            ends = [np.minimum(*ends), np.maximum(*ends)]
        strengths = ties.column("strength").to_numpy().astype(np.float64)
        order = np.lexsort((ends[1], ends[0]))
        network = cls(ids, ends[0][order], ends[1][order], strengths[order], is_directed)
        network.refuse_odd_ties()
        return network

    def refuse_odd_ties(self) -> None:
        """Raise for loops, doubled ties and strengths that are not above 0."""
        doubled = (np.diff(self.sources) == 0) & (np.diff(self.targets) == 0)
        odd = {
            "join a node with itself": int(np.sum(self.sources == self.targets)),
            "stand twice": int(np.sum(doubled)),
            "have a strength that is not above 0": int(np.sum(~(self.strengths > 0))),
        }
        for what, count in odd.items():
            if count:
                raise ContractError(f"{count} ties {what}; the ties come from graph.edges")

    @property
    def n_nodes(self) -> int:
        return len(self.ids)

    @property
    def n_edges(self) -> int:
        return len(self.sources)

    def tied_part(self) -> Network:
        """Return the same ties among the nodes that have one."""
        is_tied = np.zeros(self.n_nodes, dtype=bool)
        is_tied[self.sources] = is_tied[self.targets] = True
        number = np.cumsum(is_tied) - 1
        ids = self.ids.filter(pa.array(is_tied))
        ends = number[self.sources], number[self.targets]
        return Network(ids, *ends, self.strengths, self.is_directed)

    @cached_property
    def adjacency(self) -> sp.csr_matrix:
        """Strengths as a sparse matrix, row = source; symmetric if undirected."""
        return self.matrix(self.strengths)

    def matrix(self, values: Floats) -> sp.csr_matrix:
        """Return one value per tie as a sparse (n_nodes, n_nodes) matrix in canonical order."""
        rows, columns, data = self.sources, self.targets, values
        if not self.is_directed:
            rows, columns = np.r_[rows, columns], np.r_[columns, rows]
            data = np.r_[data, data]
        matrix = sp.csr_matrix((data, (rows, columns)), shape=(self.n_nodes, self.n_nodes))
        matrix.sort_indices()
        return matrix

    def to_networkit(self, values: Floats | None = None) -> Any:
        """Return a NetworKit graph with one value per tie as weight, or without weights."""
        weights = np.ones(self.n_edges) if values is None else values
        return networkit().GraphFromCoo(
            (weights, (self.sources, self.targets)),
            n=self.n_nodes,
            weighted=values is not None,
            directed=self.is_directed,
        )


def sorted_ids(values: pa.ChunkedArray) -> pa.StringArray:
    """Return ids sorted; raise if one stands twice."""
    ids = pc.take(values, pc.array_sort_indices(values)).combine_chunks()
    if pc.count_distinct(ids).as_py() < len(ids):
        raise ContractError("a node id stands twice; ids of customers and products must differ")
    return ids


def networkit() -> ModuleType:
    """Import NetworKit, held to one thread: its float sums depend on the number of threads."""
    library = import_module("networkit")
    library.setNumberOfThreads(1)
    return library


def _numbers(ids: pa.StringArray, values: pa.ChunkedArray) -> Ints:
    numbers = pc.index_in(values, value_set=ids)
    if numbers.null_count:
        raise ContractError(f"{numbers.null_count} ties have an end that is not in graph.nodes")
    return np.asarray(numbers.to_numpy(), dtype=np.int64)
