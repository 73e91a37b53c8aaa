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
ShortInts = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Arcs:
    """Where one can go from each node: compressed sparse rows, what the kernels read.

    The arcs that leave node v stand at ``starts[v]`` up to ``starts[v + 1]``, by ascending target.
    An undirected tie is two arcs. There are no loops.
    """

    starts: Ints
    targets: ShortInts
    strengths: Floats

    @property
    def n_nodes(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Floats:
        """Length of each arc over distance: 1 / strength."""
        return 1.0 / self.strengths


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
        Ends of each tie; an undirected tie stands once, with source <= target.
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
        source, target = (_numbers(ids, ties.column(name)) for name in ("src_id", "dst_id"))
        strengths = ties.column("strength").to_numpy().astype(np.float64)
        loops = int(np.sum(source == target))
        if loops:
            raise ContractError(f"{loops} ties join a node with itself; {_FROM_EDGES}")
        return cls.from_numbers(ids, source, target, strengths, is_directed=is_directed)

    @classmethod
    def from_numbers(
        cls,
        ids: pa.StringArray,
        source: Ints,
        target: Ints,
        strengths: Floats,
        *,
        is_directed: bool,
    ) -> Network:
        """Return the network of ties given by the numbers of their ends among sorted ``ids``.

        A tie may join a node with itself here, as graphs from elsewhere have it: each measure says
        what it makes of that.

        Raises
        ------
        ContractError
            A tie stands twice or has a strength that is not above 0.
        """
        weak = int(np.sum(~(strengths > 0)))
        if weak:
            raise ContractError(f"{weak} ties have a strength that is not above 0; {_FROM_EDGES}")
        if not is_directed:
            source, target = np.minimum(source, target), np.maximum(source, target)
        # Sorting by both ends: a counting sort of rows, then each row by itself.
        shape = (len(ids), len(ids))
        rows = sp.coo_matrix((strengths, (source, target)), shape=shape).tocsr()
        rows.sort_indices()
        doubled = len(strengths) - rows.nnz
        if doubled:
            raise ContractError(f"{doubled} ties stand twice; {_FROM_EDGES}")
        sources = np.repeat(np.arange(len(ids), dtype=np.int64), np.diff(rows.indptr))
        return cls(ids, sources, rows.indices.astype(np.int64), rows.data, is_directed)

    @property
    def n_nodes(self) -> int:
        return len(self.ids)

    @property
    def n_edges(self) -> int:
        return len(self.sources)

    @cached_property
    def is_loop(self) -> npt.NDArray[np.bool_]:
        """Which ties join a node with itself."""
        found: npt.NDArray[np.bool_] = self.sources == self.targets
        return found

    def without_loops(self) -> Network:
        """Return the network without ties that join a node with itself."""
        if not self.is_loop.any():
            return self
        keep = ~self.is_loop
        ends = self.sources[keep], self.targets[keep]
        return Network(self.ids, *ends, self.strengths[keep], self.is_directed)

    @cached_property
    def undirected(self) -> Network:
        """The same ties read in both directions; of two that meet, the stronger counts."""
        if not self.is_directed:
            return self
        there = self._rows(self.strengths)
        both = there.maximum(there.T.tocsr())
        upper = sp.triu(both, format="csr")
        upper.sort_indices()
        sources = np.repeat(np.arange(self.n_nodes, dtype=np.int64), np.diff(upper.indptr))
        return Network(self.ids, sources, upper.indices.astype(np.int64), upper.data, False)

    def turned(self) -> Network:
        """Return the same ties leading the other way."""
        return Network.from_numbers(
            self.ids, self.targets, self.sources, self.strengths, is_directed=self.is_directed
        )

    def tied_part(self) -> Network:
        """Return the same ties among the nodes that have one."""
        is_tied = np.zeros(self.n_nodes, dtype=bool)
        is_tied[self.sources] = is_tied[self.targets] = True
        return self.part(is_tied)

    def part(self, is_kept: npt.NDArray[np.bool_]) -> Network:
        """Return the nodes that are kept, and the ties between them."""
        number = np.cumsum(is_kept) - 1
        keep = is_kept[self.sources] & is_kept[self.targets]
        ids = self.ids.filter(pa.array(is_kept))
        ends = number[self.sources[keep]], number[self.targets[keep]]
        return Network(ids, *ends, self.strengths[keep], self.is_directed)

    @cached_property
    def adjacency(self) -> sp.csr_matrix:
        """Strengths as a sparse matrix, row = source; symmetric if undirected."""
        return self.matrix(self.strengths)

    @cached_property
    def arcs(self) -> Arcs:
        """What the kernels read: adjacency without loops, in plain arrays."""
        rows = self.without_loops().adjacency
        return Arcs(rows.indptr.astype(np.int64), rows.indices, rows.data)

    def matrix(self, values: Floats) -> sp.csr_matrix:
        """Return one value per tie as a sparse (n_nodes, n_nodes) matrix in canonical order."""
        rows = self._rows(values)
        if self.is_directed:
            return rows
        other = self._rows(np.where(self.is_loop, 0.0, values)) if self.is_loop.any() else rows
        matrix = (rows + other.T.tocsr()).tocsr()
        matrix.sort_indices()
        return matrix

    def _rows(self, values: Floats) -> sp.csr_matrix:
        """Return the ties as they are sorted, as rows: nothing has to be sorted again."""
        per_row = np.bincount(self.sources, minlength=self.n_nodes)
        starts = np.concatenate(([0], np.cumsum(per_row))).astype(np.int32)
        shape = (self.n_nodes, self.n_nodes)
        return sp.csr_matrix((values, self.targets.astype(np.int32), starts), shape=shape)

    def to_networkit(self, values: Floats | None = None) -> Any:
        """Return a NetworKit graph with one value per tie as weight, or without weights."""
        weights = np.ones(self.n_edges) if values is None else values
        return networkit().GraphFromCoo(
            (weights, (self.sources, self.targets)),
            n=self.n_nodes,
            weighted=values is not None,
            directed=self.is_directed,
        )


_FROM_EDGES = "the ties come from graph.edges"


def sorted_ids(values: pa.ChunkedArray) -> pa.StringArray:
    """Return ids sorted; raise if one stands twice."""
    ids = pc.take(values, pc.array_sort_indices(values)).combine_chunks()
    if pc.count_distinct(ids).as_py() < len(ids):
        raise ContractError("a node id stands twice; ids of different nodes must differ")
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
