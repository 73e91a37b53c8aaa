"""How many nodes of a graph somebody could tell apart who knows a little about one of them.

Pseudonyms hide names, not shapes: whoever knows that a person has 37 ties finds the one node with
37 ties (Hay et al. 2008, https://doi.org/10.14778/1453856.1453873). Before a file goes out its
sender should know how many such nodes it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FEW = 5


@dataclass(frozen=True)
class Uniqueness:
    """Customers who share what is known of them with nobody, or with fewer than ``FEW`` in all.

    ``by_degree``: known is the number of ties. ``by_degree_and_core``: also the k-core.
    ``few_by_degree``: fewer than ``FEW`` customers, themselves among them, have as many ties.
    """

    n_nodes: int
    by_degree: int
    few_by_degree: int
    by_degree_and_core: int


def count_unique(ties: pa.Table, customers: pa.ChunkedArray) -> Uniqueness:
    """Return how many of ``customers`` stand out by their ties.

    Parameters
    ----------
    ties : pyarrow.Table
        Pairs (src_id, dst_id, strength) of different nodes, each pair once, in either direction.
    customers : pyarrow.ChunkedArray
        Ids of the customers in the file, tied or not.

    Examples
    --------
    >>> ties = pa.table({"src_id": ["a", "a"], "dst_id": ["b", "c"], "strength": [1.0, 1.0]})
    >>> count_unique(ties, pa.chunked_array([["a", "b", "c"]]))
    Uniqueness(n_nodes=3, by_degree=1, few_by_degree=3, by_degree_and_core=1)
    """
    from crm_tasks.graph import engine

    ends = [ties.column(end).combine_chunks() for end in ("src_id", "dst_id")]
    everybody = pc.unique(pa.concat_arrays([*ends, customers.combine_chunks()]))
    network = engine.Network.from_ties(pa.chunked_array([everybody]), ties, is_directed=False)
    here = pc.index_in(customers, value_set=network.ids).to_numpy()
    degree = engine.degrees(network)[0][here]
    core = engine.core_numbers(network)[here]
    by_degree = _shared_by(degree)
    by_both = _shared_by(degree * (int(core.max(initial=0)) + 1) + core)
    return Uniqueness(
        len(here),
        int((by_degree == 1).sum()),
        int((by_degree < FEW).sum()),
        int((by_both == 1).sum()),
    )


def _shared_by(known: np.ndarray) -> np.ndarray:
    """Return how many customers have the same value, each one among them."""
    _, inverse, counts = np.unique(known, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse]) if len(known) else np.empty(0, dtype=np.int64)
