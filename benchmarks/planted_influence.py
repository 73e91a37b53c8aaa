"""The planted company as the dynamics see it: its true ties as a layer, its campaigns as a log.

Made of the company's blocks directly, without files: what is judged here is whether influence is
learned and used well where the ties are known, not whether ties are found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crm_tasks.graph.engine import Network
from crm_tasks.graph.influence.exposures import CarryingLayer, Units
from crm_tasks.graph.influence.reach_sets import Limits
from crm_tasks.planted.campaigns import CLOSED, Effects, block_effects
from crm_tasks.planted.company import Company, Size
from crm_tasks.planted.people import People
from crm_tasks.planted.ties import block_ties

#: What the planted campaigns pay per e-mail and per text message.
EMAIL_COST, SMS_COST = 0.02, 0.06


@dataclass(frozen=True, eq=False)
class PlantedInfluence:
    """True ties as a layer of undirected trust, and everybody in the closed, drawn campaigns."""

    company: Company
    layer: CarryingLayer
    units: Units
    effects: list[Effects]

    def limits(self, budget: float) -> Limits:
        """Return costs: a text message to whom Chinese is home, else an e-mail; consent or none."""
        people = People(self.company, np.arange(self.company.n_customers))
        costs = np.where(people.is_zh, SMS_COST, EMAIL_COST)
        return Limits.of(costs, ~people.consents_to_contact, budget, self.company.n_customers)


def plant_influence(size: Size, seed: int) -> PlantedInfluence:
    """Return the planted company's ties and campaigns."""
    company = Company(size, seed)
    owned, effects = [], []
    for number in range(company.n_blocks):
        ties = block_ties(company, number)
        owned.append(ties.owned(number))
        effects.append([block_effects(company, one, number, ties) for one in CLOSED])
    a, b = (np.concatenate([getattr(part, end) for part in owned]) for end in ("a", "b"))
    strength = np.concatenate([part.strength for part in owned])
    order = np.lexsort((b, a))
    ids = pa.array([f"p{number:07}" for number in range(company.n_customers)])
    network = Network(ids, a[order], b[order], strength[order], is_directed=False)
    layer = CarryingLayer("trust", network, np.zeros(len(a)), "both")
    by_campaign = [block[place] for place in range(len(CLOSED)) for block in effects]
    return PlantedInfluence(company, layer, _units(by_campaign, len(effects)), by_campaign)


def _units(effects: list[Effects], n_blocks: int) -> Units:
    campaign = np.repeat(np.arange(len(effects)) // n_blocks, [len(e.person) for e in effects])
    n = len(campaign)
    return Units(
        campaign=campaign,
        customer=np.concatenate([e.person for e in effects]),
        is_randomized=np.ones(n, dtype=bool),
        is_treated=np.concatenate([e.is_treated for e in effects]),
        has_converted=np.concatenate([e.has_converted for e in effects]),
        from_day=np.zeros(n),
        until_day=np.full(n, 56.0),
        converted_day=np.full(n, np.nan),
        begins=np.ones(len(CLOSED)),
    )
