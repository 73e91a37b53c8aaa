"""Every number that link prediction and similar customers depend on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LinkParams:
    """Parameters of link prediction; made without arguments, the house's own.

    Attributes
    ----------
    horizon_days : int
        Ties to come are those first known within so many days.
    hub_from : int
        Neighbours with more ties than this make nobody a candidate: whom everybody knows
        introduces nobody, and their pairs grow with the square.
    pairs_at_most : int
        Candidate pairs to learn from, and to judge by; beyond, customers are sampled.
    new_ties_at_least : int
        With fewer new ties in the period to learn from, or to judge by, nothing is predicted.
    dimensions : int
        Of the spectral embedding.
    predictions, similar : int
        Predicted ties, and similar customers, that each customer names.
    categories : int
        Shared categories named as a reason.
    resamples, level : int, float
        Of the bootstrap over customers, and the level of its interval.
    seed : int
        Of every draw.
    """

    horizon_days: int = 90
    hub_from: int = 1000
    pairs_at_most: int = 60_000
    new_ties_at_least: int = 50
    dimensions: int = 32
    predictions: int = 5
    similar: int = 5
    categories: int = 3
    resamples: int = 200
    level: float = 0.95
    seed: int = 1
