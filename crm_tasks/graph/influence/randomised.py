"""How much a treated neighbour adds, where chance decided who was treated.

Exposure regression: whether a unit converts, on its campaign, its own treatment in that campaign,
the exposure its treated neighbours give it, and the exposure it would have with all of them treated
(so that popular customers are compared with popular ones; Aronow, Samii 2017,
https://doi.org/10.1214/16-AOAS1005). Errors are clustered by community, since neighbours share
exposure (CR1: Liang, Zeger 1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.graph.influence.exposures import CarryingLayer, Units


@dataclass(frozen=True)
class Estimate:
    """What an exposure log says of a layer.

    ``value`` belongs to one unit of strength (independent cascade) or to all neighbours together
    (linear threshold); it is NaN with nobody exposed. ``shuffled`` and ``shuffle_p_value`` are None
    where nothing was shuffled.
    """

    evidence: str
    value: float
    low: float
    high: float
    n_campaigns: int
    n_units: int
    n_exposed: int
    n_converted: int
    n_converted_exposed: int
    shuffled: float | None = None
    shuffle_p_value: float | None = None


def exposures(units: Units, layer: CarryingLayer, *, as_share: bool) -> tuple[Floats, Floats]:
    """Return each unit's exposure to treated neighbours, and to all neighbours in its campaign.

    As a sum of tie strengths, or as a share of the strength of all ties that lead to the customer.
    """
    a, b, strength, since = layer.arcs()
    treated, possible = np.zeros(len(units)), np.zeros(len(units))
    n = layer.network.n_nodes
    for number in np.unique(units.campaign).tolist():
        rows = np.flatnonzero(units.campaign == number)
        known = since < units.begins[number]
        into = sp.csr_matrix((strength[known], (b[known], a[known])), shape=(n, n))
        member = np.zeros((n, 2))
        customers = units.customer[rows]
        member[customers, 0], member[customers, 1] = units.is_treated[rows], 1.0
        found = (into @ member)[customers]
        if as_share:
            total = np.asarray(into.sum(axis=1)).ravel()[customers]
            found = np.divide(found, total[:, None], out=np.zeros_like(found), where=found > 0)
        treated[rows], possible[rows] = found[:, 0], found[:, 1]
    return treated, possible


def estimate_randomised(
    units: Units, layer: CarryingLayer, cluster: Ints, *, as_share: bool, level: float
) -> Estimate:
    """Return the exposure regression's coefficient with its interval.

    Parameters
    ----------
    cluster : ndarray of int64, shape (n_nodes,)
        Community of each customer.
    """
    dose, possible = exposures(units, layer, as_share=as_share)
    converted = units.has_converted.astype(np.float64)
    campaigns = np.unique(units.campaign, return_inverse=True)[1]
    dummies = np.eye(campaigns.max() + 1)[campaigns]
    design = np.column_stack([dose, possible, dummies, dummies * units.is_treated[:, None]])
    # A column that never varies (nobody treated, all treated) says nothing and goes.
    keep = design.any(axis=0)
    is_exposed = dose > 0
    value, error = (
        _clustered(design[:, keep], converted, cluster[units.customer])
        if is_exposed.any()
        else (nan, nan)
    )
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    return Estimate(
        "randomised", value, value - half, value + half, units.n_campaigns, len(units),
        int(is_exposed.sum()), int(units.has_converted.sum()),
        int((units.has_converted & is_exposed).sum()),
    )  # fmt: skip


def _clustered(design: Floats, outcome: Floats, cluster: Ints) -> tuple[float, float]:
    """Return the first coefficient of a least-squares fit and its clustered standard error."""
    inverse = np.linalg.pinv(design.T @ design)
    coefficient = inverse @ (design.T @ outcome)
    residual = outcome - design @ coefficient
    groups = np.unique(cluster, return_inverse=True)[1]
    n_groups = int(groups.max()) + 1
    scores = np.zeros((n_groups, design.shape[1]))
    np.add.at(scores, groups, design * residual[:, None])
    n, k = design.shape
    correction = n_groups / max(n_groups - 1, 1) * (n - 1) / max(n - k, 1)
    covariance = correction * inverse @ (scores.T @ scores) @ inverse
    return float(coefficient[0]), float(np.sqrt(max(covariance[0, 0], 0.0)))
