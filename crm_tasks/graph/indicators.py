"""Where each node stands in each layer, and what each layer is like as a whole.

Path measures read ``distance = 1 / strength``; the same over hops stands beside them under its own
name. Whatever is not computed is NULL, with the reason in the same row: never a zero, never an
approximation under the name of the exact figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.graph import engine
from crm_tasks.graph.params import DECIMALS

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine import Network, PathMeasures
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.params import GraphParams

NOT_YET = "eigenvector: not offered yet"
TWO_KINDS = (
    "ties join customers with products: paths, cores and clustering between two kinds of nodes "
    "would not mean what they mean between customers"
)
NO_TIES = "no ties in this layer"


@dataclass(frozen=True)
class Layer:
    """One layer: its name, network, and how many ties could exist between the kinds it joins."""

    name: str
    network: Network
    possible_ties: int

    @property
    def joins_two_kinds(self) -> bool:
        """Whether ties lead from one kind of node to another (customer to product)."""
        return self.network.is_directed


@dataclass(frozen=True)
class Paths:
    """Path measures of a layer over distance and over hops, or the reason why there are none."""

    by_distance: PathMeasures | None = None
    by_hops: PathMeasures | None = None
    reason: str | None = None


def measure_layer_paths(layer: Layer, params: GraphParams) -> Paths:
    """Return exact path measures where they mean something and the size allows them."""
    n, limit = layer.network.n_nodes, params.exact_paths_up_to_nodes
    if layer.joins_two_kinds:
        return Paths(reason=TWO_KINDS)
    if n > limit:
        return Paths(reason=f"path measures: {n} nodes, exact ones are computed up to {limit}")
    return Paths(
        by_distance=engine.measure_paths(layer.network, "distance"),
        by_hops=engine.measure_paths(layer.network, "hops"),
    )


def measure_nodes(layer: Layer, paths: Paths, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.node_metrics of one layer."""
    network = layer.network
    n = network.n_nodes
    degree_in, degree_out = engine.degrees(network)
    strength_in, strength_out = engine.strengths(network)
    both = 1 if network.is_directed else 0  # undirected: in, out and total are the same ties
    is_social = not layer.joins_two_kinds
    by_distance, by_hops = paths.by_distance, paths.by_hops
    reasons = [paths.reason] if paths.reason else []
    exact = _floats(np.zeros(n), n)
    return pa.table(
        {
            "node_id": network.ids,
            "layer": pa.repeat(layer.name, n),
            "degree": pa.array(degree_out + both * degree_in, pa.int32()),
            "degree_in": pa.array(degree_in, pa.int32()),
            "degree_out": pa.array(degree_out, pa.int32()),
            "weighted_degree": _floats(strength_out + both * strength_in, n),
            "strength_in": _floats(strength_in, n),
            "strength_out": _floats(strength_out, n),
            "betweenness": _floats(by_distance.betweenness if by_distance else None, n),
            "betweenness_error": exact if by_distance else _floats(None, n),
            "closeness": _floats(by_distance.closeness if by_distance else None, n),
            "harmonic": _floats(by_distance.harmonic if by_distance else None, n),
            "betweenness_hops": _floats(by_hops.betweenness if by_hops else None, n),
            "closeness_hops": _floats(by_hops.closeness if by_hops else None, n),
            "harmonic_hops": _floats(by_hops.harmonic if by_hops else None, n),
            "hops_error": exact if by_hops else _floats(None, n),
            "pagerank": _floats(engine.pagerank(network) if is_social else None, n),
            "eigenvector": _floats(None, n),
            "core_number": _integers(engine.core_numbers(network) if is_social else None, n),
            "clustering": _floats(engine.local_clustering(network) if is_social else None, n),
            "metric_engine": pa.repeat("networkit, scipy" if is_social else "numpy", n),
            "is_exact": pa.repeat(True, n),
            "not_computed_reason": pa.repeat("; ".join([*reasons, NOT_YET]), n),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def summarise_layer(
    layer: Layer, paths: Paths, communities: tuple[int, float | None] | None, as_of: dt.date
) -> pa.Table:
    """Return the row of graph.summary of one layer; ``communities``: their number, modularity."""
    network = layer.network
    n, m = network.n_nodes, network.n_edges
    degree_in, degree_out = engine.degrees(network)
    components = np.bincount(engine.component_of_each(network))
    by_distance, by_hops = paths.by_distance, paths.by_hops
    n_communities, modularity = communities or (None, None)
    assortativity = engine.degree_assortativity(network)
    row = {
        "layer": layer.name,
        "n_nodes": n,
        "n_isolated": int(np.sum(degree_in + degree_out == 0)),
        "n_edges": m,
        "avg_degree": _rounded(2 * m / n if n else None),
        "density": _rounded(m / layer.possible_ties if layer.possible_ties else None),
        "n_components": len(components),
        "largest_component_share": _rounded(components.max() / n if n else None),
        "avg_path_length_lcc": _rounded(by_distance.mean_length if by_distance else None),
        "avg_path_length_lcc_hops": _rounded(by_hops.mean_length if by_hops else None),
        "diameter_lower_bound": int(by_hops.longest) if by_hops and by_hops.longest else None,
        "assortativity": _rounded(assortativity),
        "reciprocity": _rounded(engine.reciprocity(network)),
        "transitivity": None if layer.joins_two_kinds else _rounded(engine.transitivity(network)),
        "n_communities": n_communities,
        "modularity": _rounded(modularity),
        "not_computed_reason": _why_null(layer, paths, assortativity),
        "as_of_date": as_of,
    }
    return pa.table({name: pa.array([value], _TYPES.get(name)) for name, value in row.items()})


#: Types of the columns of the summary that may hold nothing but NULL.
_TYPES = {
    **dict.fromkeys(
        (
            "avg_degree",
            "density",
            "largest_component_share",
            "avg_path_length_lcc",
            "avg_path_length_lcc_hops",
            "assortativity",
            "reciprocity",
            "transitivity",
            "modularity",
        ),
        pa.float64(),
    ),
    "diameter_lower_bound": pa.int32(),
    "n_communities": pa.int32(),
    "as_of_date": pa.date32(),
}


def _why_null(layer: Layer, paths: Paths, assortativity: float | None) -> str:
    reasons = [paths.reason] if paths.reason else []
    if layer.network.n_edges == 0:
        reasons.append(NO_TIES)
    if layer.joins_two_kinds:
        reasons.append("communities are looked for between customers")
    else:
        reasons.append("reciprocity: the ties of this layer have no direction")
    if layer.network.n_edges and assortativity is None:
        reasons.append("assortativity: all degrees are equal")
    return "; ".join(reasons)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)


def _floats(values: Floats | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.float64()) if values is None else pa.array(values.round(DECIMALS))


def _integers(values: Ints | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.int32()) if values is None else pa.array(values, pa.int32())
