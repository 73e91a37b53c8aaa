"""The layers that join customers with customers, as networks of all customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.graph.engine import Network
from crm_tasks.graph.ties import standing

if TYPE_CHECKING:
    import pyarrow as pa


def customer_ties(edges: pa.Table, customers: pa.ChunkedArray) -> dict[str, pa.Table]:
    """Return the standing ties of each layer of which both ends are customers, by layer.

    Layers without any such tie are left out.
    """
    stands = standing(edges)
    inside = [pc.is_in(stands.column(end), value_set=customers) for end in ("src_id", "dst_id")]
    between = stands.filter(pc.and_(*inside))
    names = sorted(pc.unique(between.column("edge_type")).to_pylist())
    return {name: between.filter(pc.equal(between.column("edge_type"), name)) for name in names}


def customer_network(customers: pa.ChunkedArray, ties: pa.Table) -> Network:
    """Return the network of one layer's ties among all customers."""
    is_directed = bool(ties.column("is_directed")[0].as_py())
    return Network.from_ties(customers, ties, is_directed=is_directed)
