"""Every number that activation, simulation and the choice of seeds depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.graph.influence.arcs import Flow


@dataclass(frozen=True)
class Declared:
    """What is assumed of a layer until an exposure log says otherwise.

    Attributes
    ----------
    rate : float
        Independent cascade: a tie of strength s activates with ``1 - exp(-rate * s)``.
    share : float
        Linear threshold: with all its neighbours active, a customer is with this probability.
    flow : {'both', 'along', 'against'}
        Which way influence runs along a directed tie.
    """

    rate: float
    share: float
    flow: Flow = "both"


#: Judgements, not measurements: a stated or lived tie carries more than a similar basket. Whoever
#: is trusted, replied to or mentioned influences the one who trusts, replies or mentions.
DECLARED = {
    "trust": Declared(0.3, 0.3, "against"),
    "cooperation": Declared(0.2, 0.2),
    "referral": Declared(0.3, 0.3, "along"),
    "reply": Declared(0.1, 0.1, "against"),
    "mention": Declared(0.1, 0.1, "against"),
    "works_for": Declared(0.1, 0.1),
    "same_household": Declared(0.5, 0.5),
    "purchase_similarity": Declared(0.5, 0.1),
}


@dataclass(frozen=True)
class InfluenceParams:
    """Parameters of dynamics and seeds; made without arguments, the house's own.

    Attributes
    ----------
    declared : mapping of str to Declared
        Layers that carry influence.
    window_days : float
        How long somebody's conversion may act on a neighbour.
    exposures_at_least, campaigns_at_least : int
        Below so many exposed customers an exposure log decides nothing; nor does one of fewer
        campaigns, where these were not drawn at random.
    resamples, level : int, float
        Bootstrap samples (and shuffles) behind an interval, and its level.
    seeds_at_most, budget : int, float or None
        What a choice of seeds may take: customers, and the sum of their costs.
    epsilon, failure : float
        Reverse-reachable sets: relative error of a spread, and the probability that a sample does
        not keep to it (Tang et al.: ``n ** -ell``, here given as it is).
    sets_at_most, entries_at_most : int
        Sets, and members of all sets together, above which the sample is cut and says so.
    worlds, curve_steps : int
        Simulated worlds per set of seeds, and steps of a curve.
    worlds_per_customer, walks_at_most : int
        Worlds behind each customer's own value; fewer where all customers would need more walks.
    seed : int
        Of every draw.
    """

    declared: Mapping[str, Declared] = field(default_factory=lambda: dict(DECLARED))
    window_days: float = 28.0
    exposures_at_least: int = 50
    campaigns_at_least: int = 8
    resamples: int = 200
    level: float = 0.95
    seeds_at_most: int = 25
    budget: float | None = None
    epsilon: float = 0.1
    failure: float = 0.001
    sets_at_most: int = 60_000_000
    entries_at_most: int = 30_000_000
    worlds: int = 5_000
    curve_steps: int = 12
    worlds_per_customer: int = 400
    walks_at_most: int = 40_000_000
    seed: int = 1
