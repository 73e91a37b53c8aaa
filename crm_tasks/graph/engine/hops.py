"""Path measures over hops for networks too large to search from every node.

Closeness, harmonic centrality, mean hops and diameter come from the sizes of balls, exact while bit
sets are quick, by HyperBall beyond; betweenness from sampled shortest paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.balls import Balls, count_balls, estimate_balls
from crm_tasks.graph.engine.between_hops import sample_betweenness_hops
from crm_tasks.graph.engine.paths import PathMeasures, largest_component
from crm_tasks.graph.engine.structure import component_of_each

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Network


def approximate_hops(
    network: Network, *, samples: int, precision: int | None, seed: int
) -> PathMeasures:
    """Return the path measures over hops with their errors.

    Parameters
    ----------
    samples : int
        Shortest paths drawn for betweenness.
    precision : int or None
        HyperBall's: 2^precision registers per node. None counts balls exactly.
    seed : int
        Of the draws.
    """
    between, between_error = sample_betweenness_hops(network, samples, seed)
    balls = _balls(network, precision, seed)
    n = network.n_nodes
    nearness = np.divide(balls.reached, balls.hops, out=np.zeros(n), where=balls.hops > 0)
    closeness = nearness * balls.reached / max(n - 1, 1)
    mean_length, longest = _within_largest(network, balls, precision, seed)
    counted = "counted" if precision is None else f"HyperBall p={precision}"
    return PathMeasures(
        betweenness=between,
        closeness=closeness,
        harmonic=balls.inverse,
        mean_length=mean_length,
        longest=longest,
        betweenness_error=between_error,
        closeness_error=3.0 * balls.error * closeness,  # reached twice, hops once
        harmonic_error=balls.error * balls.inverse,
        mean_length_error=2.0 * balls.error * (mean_length or 0.0),
        method=f"{samples} paths, balls {counted}",
    )


def _balls(network: Network, precision: int | None, seed: int) -> Balls:
    if precision is None:
        return count_balls(network)
    return estimate_balls(network, precision, seed)


def _within_largest(
    network: Network, balls: Balls, precision: int | None, seed: int
) -> tuple[float | None, float | None]:
    """Return mean and longest hops within the largest component, ties read in both directions."""
    is_within = component_of_each(network) == 0
    if is_within.sum() < 2:  # noqa: PLR2004 (a path needs two ends)
        return None, None
    if network.is_directed:
        balls = _balls(largest_component(network), precision, seed)
        is_within = np.ones(len(balls.hops), dtype=bool)
    reached, hops = balls.reached[is_within].sum(), balls.hops[is_within].sum()
    return float(hops / reached), float(balls.farthest[is_within].max())
