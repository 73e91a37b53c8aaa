"""What the linkage may be told: thresholds and budgets, the same for every company unless said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IdentityParams:
    """Numbers of the linkage; the shipped ones were fixed before any judged answer key was opened.

    Parameters
    ----------
    auto_threshold : float
        Pairs at least this probable are linked without a person, unless a rule forbids it.
    review_threshold : float
        Pairs from here up to ``auto_threshold`` go to the review queue; below, nothing is kept.
    ambiguity_bits : float
        A record that could join either of two clusters that contradict each other joins neither,
        unless the evidence for one is stronger by so many bits.
    interval_thresholds : tuple of float
        At which thresholds counts are published.
    pairs_per_record : float
        A blocking rule that would compare more pairs than so many per record is left out.
    regions : tuple of str
        Countries a phone number without country code is read for, in this order.
    """

    auto_threshold: float = 0.8
    review_threshold: float = 0.5
    ambiguity_bits: float = 4.0
    interval_thresholds: tuple[float, ...] = (0.5, 0.8, 0.95)
    pairs_per_record: float = 8.0
    regions: tuple[str, ...] = ("US",)
