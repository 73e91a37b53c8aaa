"""Every number the graph depends on, declared in one place."""

from __future__ import annotations

from dataclasses import dataclass

#: Contributions and strengths are rounded to this many decimals, and never below the last one:
#: a fact however old still carries its tie.
DECIMALS = 9
FLOOR = 10.0**-DECIMALS

PURCHASE = "purchase"
PURCHASE_SIMILARITY = "purchase_similarity"


@dataclass(frozen=True)
class GraphParams:
    """Parameters of ties, measures and communities; made without arguments, the house's own.

    Attributes
    ----------
    half_life_days : float
        Age at which a purchase counts half.
    half_saturation : float
        Sum w of contributions at which a purchase tie has strength 1/2: strength = w / (w + h).
    max_customer_share, max_customers, never_dropped_below : float, int, int
        A product says little about its buyers if more than this share, or this number, of the
        customers buy it; products with up to ``never_dropped_below`` buyers always count.
    neighbours : int
        Similar customers each customer names; a tie stands if either end names it.
    damping_products : float
        Unique products nobody else buys that are added to each customer's norm, so that a
        customer known by one purchase is not taken for anybody's twin.
    exact_paths_up_to_nodes : int
        Layers with more nodes get no path measures; a reason stands instead.
    resolution, seed : float, int
        Leiden's resolution and generator seed.
    carried_from_overlap : float
        A community goes on under its old id if members in both / members in either reach this.
    label_terms, label_support : int, float
        Categories in a label, and the share of members that must buy one.
    """

    half_life_days: float = 180.0
    half_saturation: float = 3.0
    max_customer_share: float = 0.05
    max_customers: int = 500
    never_dropped_below: int = 20
    neighbours: int = 10
    damping_products: float = 2.0
    exact_paths_up_to_nodes: int = 5000
    resolution: float = 1.0
    seed: int = 1
    carried_from_overlap: float = 0.25
    label_terms: int = 3
    label_support: float = 0.2
