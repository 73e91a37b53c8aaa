"""Who is treated, drawn before anybody acts: whole communities, single customers, or nobody.

Customers influence each other, so a plain coin per customer measures the wrong thing: the control
group is treated too, by its neighbours. The two-stage design draws for each community a saturation
(0, 1/2 or 1) and then treats that share of its members (Hudgens, Halloran 2008,
https://doi.org/10.1198/016214508000000292; Baird et al. 2018,
https://doi.org/10.1162/REST_a_00716). Both stages are stratified: like communities, and like
members, are drawn against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from crm_tasks.errors import ContractError

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints

Flags = npt.NDArray[np.bool_]
Kind = Literal["cluster", "unit", "none"]
SATURATIONS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Design:
    """How treatment is drawn.

    Attributes
    ----------
    kind : {'cluster', 'unit', 'none'}
        ``cluster`` draws a saturation per community and then its members; ``unit`` draws single
        customers; ``none`` draws nobody: everybody may be treated and nothing can be learned.
    saturations : tuple of float
        Shares of a community that may be treated, each as likely as the others.
    treated_share : float
        Share of all customers that a unit design treats.
    seed : int
        Of the draw; recorded with every assignment.
    """

    kind: Kind
    saturations: tuple[float, ...] = SATURATIONS
    treated_share: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        shares = (*self.saturations, self.treated_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ContractError(f"design: shares {shares}; each must lie between 0 and 1")
        if self.kind == "cluster" and len(set(self.saturations)) < len(SATURATIONS) - 1:
            raise ContractError("design: a cluster design needs at least two saturations")

    @property
    def propensity(self) -> float:
        """Probability of a customer to be treated, over both stages."""
        if self.kind == "none":
            return 1.0
        return float(np.mean(self.saturations)) if self.kind == "cluster" else self.treated_share


@dataclass(frozen=True, eq=False)
class Draw:
    """What was drawn, in the order of the units; ``propensity`` is that of the arm drawn."""

    saturation: Floats
    is_treated: Flags
    propensity: Floats


def draw_arms(cluster: Ints, baseline: Floats, design: Design) -> Draw:
    """Return each unit's saturation and arm.

    Parameters
    ----------
    cluster : ndarray of int64, shape (n,)
        Community of each unit.
    baseline : ndarray of float64, shape (n,)
        What units are stratified by, their outcome before the campaign: like are drawn against
        like. Equal everywhere where nothing is known.

    Examples
    --------
    >>> draw = draw_arms(np.zeros(4, dtype=np.int64), np.arange(4.0), Design("unit", seed=3))
    >>> int(draw.is_treated.sum()), draw.propensity.tolist()
    (2, [0.5, 0.5, 0.5, 0.5])
    """
    n, rng = len(cluster), np.random.default_rng(design.seed)
    if design.kind == "none":
        return Draw(np.ones(n), np.ones(n, dtype=bool), np.ones(n))
    if design.kind == "unit":
        group, saturation = np.zeros(n, dtype=np.int64), np.full(n, design.treated_share)
    else:
        group = np.unique(cluster, return_inverse=True)[1]
        saturation = _saturations(group, baseline, design.saturations, rng)[group]
    is_treated = _members(group, baseline, saturation, rng)
    chance = np.where(is_treated, design.propensity, 1 - design.propensity)
    return Draw(saturation, is_treated, chance)


def _saturations(
    group: Ints, baseline: Floats, levels: tuple[float, ...], rng: np.random.Generator
) -> Floats:
    """Return a saturation per community: blocks of neighbours in (size, mean baseline) share all.

    Large and small halves are separated first; a last block that is not full takes some levels.
    """
    size = np.bincount(group).astype(np.float64)
    mean = np.bincount(group, baseline) / size
    is_large = size > np.median(size)
    order = np.lexsort((rng.random(len(size)), mean, is_large))
    n_blocks = -(-len(size) // len(levels))
    drawn = rng.permuted(np.tile(np.array(levels), (n_blocks, 1)), axis=1).ravel()[: len(size)]
    found = np.empty(len(size))
    found[order] = drawn
    return found


def _members(group: Ints, baseline: Floats, saturation: Floats, rng: np.random.Generator) -> Flags:
    """Return who is treated: within each group every 1/s-th by baseline, from a random start."""
    n = len(group)
    order = np.lexsort((rng.random(n), baseline, group))
    size = np.bincount(group)
    place = np.arange(n) - np.repeat(np.cumsum(size) - size, size)
    start, share = rng.random(len(size))[group[order]], saturation[order]
    reached = np.floor(start + share * (place + 1) + 1e-9) > np.floor(start + share * place + 1e-9)
    treated = np.zeros(n, dtype=bool)
    treated[order] = reached
    return treated
