"""Communities and true tie strengths, and the traces ties leave.

Inside a community the number of ties has a heavy tail, and those who have many have weaker ones
(time for others is limited: Dunbar 1992, https://doi.org/10.1016/0047-2484(92)90081-J), so that
counting ties says little about their strength. A few weak bridges join everything into one
component.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.planted.calibration import DEGREE_EXPONENT
from crm_tasks.planted.company import BLOCK, Company

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Floats, Indices

WEIGHT_AT_MOST = 14.0
TIES_PER_PERSON = 1.9
STRENGTH_LOG_MEAN, STRENGTH_LOG_SD = 0.0, 0.6
STRENGTH_PER_LOG_WEIGHT = -0.9
STRENGTH_AT_LEAST = 0.02
BRIDGE_ROUNDS, BRIDGE_SHARE = 3, 0.35
BRIDGE_LOG_MEAN, BRIDGE_LOG_SD = -2.8, 0.3


@dataclass(frozen=True)
class Ties:
    """Undirected ties: both persons, the true strength in (0, 1], and whether it is a bridge."""

    a: Indices
    b: Indices
    strength: Floats
    is_bridge: np.ndarray

    def owned(self, block: int) -> Ties:
        """Return the ties whose first person lives in the block, so that each is written once."""
        keep = self.a // BLOCK == block
        return Ties(self.a[keep], self.b[keep], self.strength[keep], self.is_bridge[keep])


def sociability(company: Company, person: Indices) -> Floats:
    """Return each person's appetite for ties: Pareto, mean near 1.6."""
    tail = company.draws.uniform("sociability", person) ** (-1 / (DEGREE_EXPONENT - 1))
    return np.minimum(tail, WEIGHT_AT_MOST)


def block_ties(company: Company, block: int) -> Ties:
    """Return every tie that touches a block's persons, bridges into other blocks included."""
    a, b = _inner_pairs(company, block)
    weight = np.log(sociability(company, a)) + np.log(sociability(company, b))
    noise = STRENGTH_LOG_SD * company.draws.normal("strength", a, b)
    logged = STRENGTH_LOG_MEAN + STRENGTH_PER_LOG_WEIGHT * weight + noise
    inner = np.clip(np.exp(logged), STRENGTH_AT_LEAST, 1.0)
    c, d = _bridges(company, block)
    log_bridge = BRIDGE_LOG_MEAN + BRIDGE_LOG_SD * company.draws.normal("bridge strength", c, d)
    bridge = np.clip(np.exp(log_bridge), STRENGTH_AT_LEAST, 1.0)
    return Ties(
        np.concatenate((a, c)),
        np.concatenate((b, d)),
        np.round(np.concatenate((inner, bridge)), 6),
        np.repeat([False, True], [len(a), len(c)]),
    )


def _inner_pairs(company: Company, block: int) -> tuple[Indices, Indices]:
    person = company.block(block)
    community = company.community(person)
    weight = sociability(company, person)
    rng = company.draws.block("inner ties", block)
    count = 1 + rng.poisson(np.maximum(TIES_PER_PERSON * weight / 1.6 - 1, 0.0))
    source = np.repeat(np.arange(BLOCK), count)
    # Partners by weight within the community: communities are runs of persons, so one running sum
    # serves all of them.
    total = np.concatenate(([0.0], np.cumsum(weight)))
    first = np.searchsorted(community, community[source], "left")
    last = np.searchsorted(community, community[source], "right")
    point = total[first] + rng.random(len(source)) * (total[last] - total[first])
    target = np.clip(np.searchsorted(total, point, "right") - 1, first, last - 1)
    low, high = np.minimum(source, target), np.maximum(source, target)
    pairs = np.unique((low * BLOCK + high)[low != high])
    start = block * BLOCK
    return start + pairs // BLOCK, start + pairs % BLOCK


def _bridges(company: Company, block: int) -> tuple[Indices, Indices]:
    person = company.block(block)
    found: list[tuple[Indices, Indices]] = []
    for number in range(BRIDGE_ROUNDS):
        partner = company.matched(f"bridge {number}", person)
        low, high = np.minimum(person, partner), np.maximum(person, partner)
        is_there = company.draws.happens(BRIDGE_SHARE, f"bridge {number}", low)
        is_there &= company.community(low) != company.community(high)
        found.append((low[is_there], high[is_there]))
    pairs = np.unique(np.concatenate([low * company.n_customers + high for low, high in found]))
    return pairs // company.n_customers, pairs % company.n_customers
