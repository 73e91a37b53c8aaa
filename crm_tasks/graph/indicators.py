"""Where each node stands in each layer, and what each layer is like as a whole.

Path measures read ``distance = 1 / strength``; the same over hops stands beside them under its own
name. Whatever is not computed is NULL, with the reason in the same row: never a zero, never an
approximation under the name of the exact figure. An approximation has its error beside it.
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

    from crm_tasks.graph.engine import PathMeasures
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.layers import Layer
    from crm_tasks.graph.params import GraphParams

TWO_KINDS = (
    "ties join two kinds of nodes: paths, ranks, cores and clustering between them would not mean "
    "what they mean among one kind"
)
NO_TIES = "no ties in this layer"
UNSETTLED = "eigenvector: does not settle, the largest eigenvalue has near rivals or ties no circle"


@dataclass(frozen=True)
class Paths:
    """Path measures of a layer over distance and over hops, or the reason why there are none."""

    by_distance: PathMeasures | None = None
    by_hops: PathMeasures | None = None
    reason: str | None = None


def measure_layer_paths(layer: Layer, params: GraphParams) -> Paths:
    """Return path measures where they mean something: exact, or approximate with their errors.

    Nodes without a tie lie on no path; the size that decides is that of the part with ties.
    """
    if layer.joins_two_kinds:
        return Paths(reason=TWO_KINDS)
    tied = layer.network.tied_part()
    n = tied.n_nodes
    if n <= params.exact_paths_up_to_nodes:
        by_distance, by_hops = (engine.measure_paths(tied, over) for over in engine.OVER)
        return Paths(
            engine.spread_out(by_distance, layer.network), engine.spread_out(by_hops, layer.network)
        )
    is_counted = n <= params.counted_balls_up_to_nodes
    by_hops = engine.approximate_hops(
        tied,
        samples=params.path_samples,
        precision=None if is_counted else params.ball_precision,
        seed=params.seed,
    )
    by_hops = engine.spread_out(by_hops, layer.network)
    if n > params.sampled_paths_up_to_nodes:
        limit = params.sampled_paths_up_to_nodes
        reason = f"path measures over distance: {n} tied nodes, sampled up to {limit}"
        return Paths(by_hops=by_hops, reason=reason)
    sampled = engine.sample_paths(tied, "distance", params.pivots, params.seed)
    return Paths(engine.spread_out(sampled, layer.network), by_hops)


def measure_nodes(layer: Layer, paths: Paths, as_of: dt.date) -> pa.Table:
    """Return the rows of graph.node_metrics of one layer."""
    network = layer.network
    n = network.n_nodes
    is_social = not layer.joins_two_kinds
    eigenvector = engine.eigenvector(network) if is_social else None
    reasons = [paths.reason] if paths.reason else []
    if is_social and eigenvector is None:
        reasons.append(UNSETTLED)
    over = [one for one in (paths.by_distance, paths.by_hops) if one]
    return pa.table(
        {
            "node_id": network.ids,
            "layer": pa.repeat(layer.name, n),
            **_degree_columns(layer),
            **_path_columns(paths.by_distance, "", n),
            **_path_columns(paths.by_hops, "_hops", n),
            "pagerank": _floats(engine.pagerank(network) if is_social else None, n),
            "eigenvector": _floats(eigenvector, n),
            "core_number": _integers(engine.core_numbers(network) if is_social else None, n),
            "clustering": _floats(engine.local_clustering(network) if is_social else None, n),
            "metric_engine": pa.repeat("numba, scipy" if is_social else "numpy", n),
            "is_exact": pa.repeat(all(one.is_exact for one in over), n),
            "not_computed_reason": pa.repeat("; ".join(reasons), n)
            if reasons
            else pa.nulls(n, pa.string()),
            "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        }
    )


def _degree_columns(layer: Layer) -> dict[str, pa.Array]:
    network = layer.network
    n = network.n_nodes
    degree_in, degree_out = engine.degrees(network)
    strength_in, strength_out = engine.strengths(network)
    both = 1 if network.is_directed else 0  # undirected: in, out and total are the same ties
    return {
        "degree": pa.array(degree_out + both * degree_in, pa.int32()),
        "degree_in": pa.array(degree_in, pa.int32()),
        "degree_out": pa.array(degree_out, pa.int32()),
        "weighted_degree": _floats(strength_out + both * strength_in, n),
        "strength_in": _floats(strength_in, n),
        "strength_out": _floats(strength_out, n),
    }


def _path_columns(found: PathMeasures | None, ending: str, n: int) -> dict[str, pa.Array]:
    """Return the measures of one kind of length and their errors, by column name."""
    between_error = "betweenness_error" if ending == "" else "hops_error"
    return {
        f"betweenness{ending}": _floats(found.betweenness if found else None, n),
        between_error: _floats(found.betweenness_error if found else None, n),
        f"closeness{ending}": _floats(found.closeness if found else None, n),
        f"closeness{ending}_error": _floats(found.closeness_error if found else None, n),
        f"harmonic{ending}": _floats(found.harmonic if found else None, n),
        f"harmonic{ending}_error": _floats(found.harmonic_error if found else None, n),
    }


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
    longest = by_hops.longest if by_hops else None
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
        "avg_path_length_lcc_error": _rounded(_mean_error(by_distance)),
        "avg_path_length_lcc_hops": _rounded(by_hops.mean_length if by_hops else None),
        "avg_path_length_lcc_hops_error": _rounded(_mean_error(by_hops)),
        "diameter_lower_bound": None if longest is None else int(longest),
        "assortativity": _rounded(assortativity),
        "reciprocity": _rounded(engine.reciprocity(network)),
        "transitivity": None if layer.joins_two_kinds else _rounded(engine.transitivity(network)),
        "n_communities": n_communities,
        "modularity": _rounded(modularity),
        "path_method": by_distance.method if by_distance else None,
        "path_method_hops": by_hops.method if by_hops else None,
        "not_computed_reason": _why_null(layer, paths, assortativity, communities is None),
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
            "avg_path_length_lcc_error",
            "avg_path_length_lcc_hops",
            "avg_path_length_lcc_hops_error",
            "assortativity",
            "reciprocity",
            "transitivity",
            "modularity",
        ),
        pa.float64(),
    ),
    "diameter_lower_bound": pa.int32(),
    "n_communities": pa.int32(),
    "path_method": pa.string(),
    "path_method_hops": pa.string(),
    "not_computed_reason": pa.string(),
    "as_of_date": pa.date32(),
}


def _why_null(
    layer: Layer, paths: Paths, assortativity: float | None, no_communities: bool
) -> str | None:
    network = layer.network
    is_empty = network.n_edges == 0
    found = [
        (paths.reason is not None, paths.reason),
        (is_empty, NO_TIES),
        (no_communities, "communities are looked for in purchase_similarity and combined"),
        (not network.is_directed, "reciprocity: the ties of this layer have no direction"),
        (not is_empty and assortativity is None, "assortativity: all degrees are equal"),
    ]
    reasons = [str(reason) for holds, reason in found if holds]
    return "; ".join(reasons) or None


def _mean_error(found: PathMeasures | None) -> float | None:
    return found.mean_length_error if found and found.mean_length is not None else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)


def _floats(values: Floats | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.float64()) if values is None else pa.array(values.round(DECIMALS))


def _integers(values: Ints | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.int32()) if values is None else pa.array(values, pa.int32())
