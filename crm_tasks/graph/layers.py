"""The layers of one as-of date: what may be tied, and the ties that stand, as networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.graph.engine import Network
from crm_tasks.graph.ties import standing

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Layer:
    """One layer: its name, network, how many ties could exist, and what they join.

    ``joins_two_kinds``: whether ties lead from one kind of node to another (customer to product),
    so that no path of two ties stays among the same kind.
    """

    name: str
    network: Network
    possible_ties: int
    joins_two_kinds: bool


def make_layer(
    name: str,
    ties: pa.Table,
    kinds: Mapping[str, pa.ChunkedArray],
    *,
    is_directed: bool,
    default_kinds: tuple[str, str],
) -> Layer:
    """Return the layer of ``ties`` that stand, among all nodes of the kinds they join.

    Parameters
    ----------
    name : str
        The edge type.
    ties : pyarrow.Table
        Its rows of graph.edges; those that have ended are left out.
    kinds : mapping of str to pyarrow.ChunkedArray
        Node ids by kind: customer, organization, product.
    is_directed : bool
        Whether ties lead from source to target only.
    default_kinds : tuple of str
        Kinds of sources and targets where there is no tie to tell.
    """
    if ties.num_rows:
        sources, targets = (_kinds_of(ties.column(end), kinds) for end in ("src_id", "dst_id"))
    else:
        sources, targets = ({kind} for kind in default_kinds)
    is_two = not sources & targets
    joined = [kinds[kind] for kind in kinds if kind in sources | targets]
    nodes = pa.chunked_array([chunk for ids in joined for chunk in ids.chunks], pa.string())
    network = Network.from_ties(nodes, standing(ties), is_directed=is_directed)
    if is_two:
        possible = sum(len(kinds[k]) for k in sources) * sum(len(kinds[k]) for k in targets)
    else:
        possible = len(nodes) * (len(nodes) - 1) // (1 if is_directed else 2)
    return Layer(name, network, possible, is_two)


def _kinds_of(ends: pa.ChunkedArray, kinds: Mapping[str, pa.ChunkedArray]) -> set[str]:
    distinct = pc.unique(ends)
    return {
        kind for kind, ids in kinds.items() if pc.any(pc.is_in(distinct, value_set=ids)).as_py()
    }
