"""Every number the search for anomalies depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AnomalyParams:
    """Parameters of the search; made without arguments, the house's own.

    Attributes
    ----------
    window_days : int
        The days that are looked at; all before are history.
    history_days, orders_at_least : int
        A history shorter than this, or of fewer orders, says nothing of what is usual.
    silent_at_most : int
        Who had not ordered for longer when the window began had left before.
    flagged_share : float
        Share of the customers looked at that is called unusual.
    degrees : float
        Degrees of freedom of the t distribution that surprises are measured by: a single figure
        far out does not count without limit.
    judged_at_most : int
        Customers judged by, a draw of all.
    injected_share, injected_at_least : float, int
        How many customers are given an anomaly when methods are judged.
    rounds : int
        How often that is done, each time to other customers: few anomalies judge nothing.
    """

    window_days: int = 56
    history_days: int = 112
    orders_at_least: int = 5
    silent_at_most: int = 90
    flagged_share: float = 0.01
    degrees: float = 6.0
    judged_at_most: int = 20_000
    injected_share: float = 0.01
    injected_at_least: int = 25
    rounds: int = 4
    trees: int = 100
    seed: int = 1
