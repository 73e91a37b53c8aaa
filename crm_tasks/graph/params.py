"""Every number the graph depends on, declared in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Contributions and strengths are rounded to this many decimals, and never below the last one:
#: a fact however old still carries its tie.
DECIMALS = 9
FLOOR = 10.0**-DECIMALS

PURCHASE = "purchase"
PURCHASE_SIMILARITY = "purchase_similarity"
TRUST = "trust"
COOPERATION = "cooperation"
REFERRAL = "referral"
REPLY = "reply"
MENTION = "mention"
WORKS_FOR = "works_for"
SAME_HOUSEHOLD = "same_household"
COMBINED = "combined"

YEAR = 365.0


@dataclass(frozen=True)
class LayerParams:
    """How facts of one kind make a tie.

    Attributes
    ----------
    is_directed : bool
        Whether a tie leads from source to target only.
    half_life_days : float
        Age at which a fact counts half; infinite: facts do not age.
    half_saturation : float or None
        Sum w of contributions at which a tie has strength 1/2: strength = w / (w + h). None:
        contributions are parts of a whole and add up as they are, to 1 at most.
    weight : float
        Its part in the layer ``combined``, which adds ``weight * strength`` up over all layers
        and divides by the sum of all weights declared; 0: no part.
    """

    is_directed: bool
    half_life_days: float
    half_saturation: float | None
    weight: float = 0.0


def house_layers() -> dict[str, LayerParams]:
    """Return the house's own kinds of ties.

    What is counted saturates; what is stated on a scale is taken as a part of it. Purchases and
    talk fade within months; who works where or trusts whom is stated once and stands for years.
    """
    return {
        PURCHASE: LayerParams(True, 180.0, 3.0),
        PURCHASE_SIMILARITY: LayerParams(False, 180.0, None),
        TRUST: LayerParams(True, 10 * YEAR, None, weight=1.0),
        COOPERATION: LayerParams(False, 3 * YEAR, 5.0),
        REFERRAL: LayerParams(True, 2 * YEAR, 1.0, weight=0.25),
        REPLY: LayerParams(True, YEAR, 3.0, weight=0.25),
        MENTION: LayerParams(True, YEAR, 3.0, weight=0.25),
        WORKS_FOR: LayerParams(True, 10 * YEAR, None),
        SAME_HOUSEHOLD: LayerParams(False, 10 * YEAR, None, weight=0.5),
    }


@dataclass(frozen=True)
class GraphParams:
    """Parameters of ties, measures and communities; made without arguments, the house's own.

    Attributes
    ----------
    layers : dict of str to LayerParams
        Kinds of ties by name; a purchase ages alike in purchase and purchase_similarity.
    max_customer_share, max_customers, never_dropped_below : float, int, int
        A product says little about its buyers if more than this share, or this number, of the
        customers buy it; products with up to ``never_dropped_below`` buyers always count.
    neighbours : int
        Similar customers each customer names; a tie stands if either end names it.
    damping_products : float
        Unique products nobody else buys that are added to each customer's norm, so that a
        customer known by one purchase is not taken for anybody's twin.
    exact_paths_up_to_nodes : int
        Path measures of layers with up to this many tied nodes are exact.
    sampled_paths_up_to_nodes, pivots : int, int
        Above that, and up to this many, those over distance come from so many sources per
        component, with an error; in larger layers a reason stands instead.
    path_samples : int
        Shortest paths over hops drawn for betweenness in layers that are not exact.
    counted_balls_up_to_nodes, ball_precision : int, int
        Up to this many tied nodes closeness and harmonic over hops are counted exactly; above by
        counters of 2^precision registers.
    resolution, seed : float, int
        Leiden's resolution; the seed of every draw.
    perturbed_runs, perturbed_share : int, float
        Stability of communities: runs with this share of the ties left out, each time others.
    carried_from_overlap : float
        A community goes on under its old id if members in both / members in either reach this.
    label_terms, label_support : int, float
        Categories in a label, and the share of members that must buy one.
    shuffles, belongs_from_ratio, belongs_from_ties : int, float, int
        Ties are foreign if tied pairs share no more products than pairs with shuffled ends, and
        clearly less than so many times as much; fewer ties than this tell nothing.
    """

    layers: dict[str, LayerParams] = field(default_factory=house_layers)
    max_customer_share: float = 0.05
    max_customers: int = 500
    never_dropped_below: int = 20
    neighbours: int = 10
    damping_products: float = 2.0
    exact_paths_up_to_nodes: int = 5000
    sampled_paths_up_to_nodes: int = 20_000
    pivots: int = 1000
    path_samples: int = 50_000
    counted_balls_up_to_nodes: int = 30_000
    ball_precision: int = 8
    resolution: float = 1.0
    seed: int = 1
    perturbed_runs: int = 5
    perturbed_share: float = 0.1
    carried_from_overlap: float = 0.25
    label_terms: int = 3
    label_support: float = 0.2
    shuffles: int = 200
    belongs_from_ratio: float = 1.5
    belongs_from_ties: int = 30
