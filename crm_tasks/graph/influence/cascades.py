"""Simulated diffusion: how many become active, with intervals, and when.

Both models are simulated as worlds of live arcs (see :mod:`.arcs`). Two sets of seeds that are
compared meet the same worlds, so that their difference is steadier than either figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.influence.kernels import add_in_order, reach_by_step

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.influence.arcs import SpreadArcs


@dataclass(frozen=True, eq=False)
class Spread:
    """Nodes active in the end, by number of seeds taken in order; the seeds count themselves.

    ``added[i]`` is what seed i adds to those before it, ``active[i]`` the mean with seeds 0 to i,
    ``error[i]`` the standard error of that mean; ``by_world`` is the number with all seeds, in
    each world.
    """

    added: Floats
    active: Floats
    error: Floats
    by_world: Ints

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the (low, high) ends of the mean's normal interval."""
        half = NormalDist().inv_cdf((1 + level) / 2) * self.error
        return self.active - half, self.active + half

    def lead_over(self, other: Spread, level: float = 0.95) -> tuple[float, float, float]:
        """Return (mean, low, high) of how many more are active than with another's seeds.

        Both must have met the same worlds: the interval is that of the differences in each.
        """
        lead = (self.by_world - other.by_world).astype(np.float64)
        error = lead.std(ddof=1) / np.sqrt(len(lead)) if len(lead) > 1 else 0.0
        half = NormalDist().inv_cdf((1 + level) / 2) * float(error)
        mean = float(lead.mean())
        return mean, mean - half, mean + half

    @property
    def total(self) -> float:
        """Mean number active with all seeds; 0 without any."""
        return float(self.active[-1]) if len(self.active) else 0.0


@dataclass(frozen=True, eq=False)
class Curve:
    """Nodes active after each step, step 0 being the seeds alone: mean and 10 % / 90 % points."""

    expected: Floats
    p10: Floats
    p90: Floats


def simulate(arcs: SpreadArcs, seeds: Ints, worlds: int, seed: int) -> Spread:
    """Return the spread of ``seeds`` over so many worlds; its draws depend on ``seed`` only.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from crm_tasks.graph.engine import Network
    >>> from crm_tasks.graph.influence.arcs import Influence, spread_arcs
    >>> ties = pa.table({"src_id": ["a"], "dst_id": ["b"], "strength": [1.0]})
    >>> pair = Network.from_ties(pa.chunked_array([["a", "b"]]), ties, is_directed=True)
    >>> arcs = spread_arcs([Influence(pair, 0.0, 1.0, "along")], "linear_threshold")
    >>> simulate(arcs, np.array([0]), worlds=100, seed=1).active.tolist()
    [2.0]
    """
    added, squares, by_world = add_in_order(arcs.outgoing, seeds, worlds, seed)
    mean = np.cumsum(added) / worlds
    variance = np.maximum(squares / worlds - mean**2, 0.0) * worlds / max(worlds - 1, 1)
    return Spread(added / worlds, mean, np.sqrt(variance / worlds), by_world)


def diffuse(arcs: SpreadArcs, seeds: Ints, steps: int, worlds: int, seed: int) -> Curve:
    """Return the number active after each of ``steps`` steps."""
    reached = reach_by_step(arcs.outgoing, seeds, worlds, steps, seed)
    low, high = np.quantile(reached, [0.1, 0.9], axis=0, method="inverted_cdf")
    return Curve(reached.mean(axis=0), low.astype(np.float64), high.astype(np.float64))
