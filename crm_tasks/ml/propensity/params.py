"""What is predicted of a customer, and every number that depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from crm_tasks.ml.judgement import JudgementParams


@dataclass(frozen=True)
class Target:
    """One yes-or-no question about a customer as of an origin.

    Attributes
    ----------
    kind : {'churn', 'buy'}
        Buy: orders within the horizon. Churn: does not, though the last order is recent.
    horizon_days : int
        How far ahead.
    active_days : int or None
        Only customers whose last order is at most so old are asked about; None: all buyers.
    """

    kind: Literal["churn", "buy"]
    horizon_days: int
    active_days: int | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.horizon_days}d"

    @property
    def label_window(self) -> str:
        """What counts as the answer, in words."""
        days = f"in the {self.horizon_days} days from the origin on"
        if self.kind == "buy":
            return f"an order {days}"
        return f"no order {days}, after one in the {self.active_days} days before"


TARGETS = (
    Target("churn", 90, 90),
    Target("buy", 7),
    Target("buy", 28),
    Target("buy", 90),
)


@dataclass(frozen=True)
class PropensityParams:
    """Parameters of learning; made without arguments, the house's own.

    Attributes
    ----------
    history_days : int
        Days of facts an origin needs before it.
    sample_at_most : int
        Customers learned from, a sample by digest of the id; all are scored.
    folds : int
        Folds of customers behind out-of-fold calibration.
    trees, leaves, leaf_at_least, rate, ridge : int or float
        Of the boosted trees: number, leaves each, cases in a leaf, learning rate, L2 penalty.
    reasons_for : tuple of str
        Targets whose predictions are explained, and whose drivers are told.
    reasons_at_most : int
        Features named per prediction; the rest is one row.
    driver_resamples : int
        Bootstrap samples behind the intervals of drivers.
    retrain_after_days, psi_limit : int, float
        A model answers until it is so old (or as old as its horizon, if longer), or until what it
        reads has drifted further than this population stability index.
    """

    targets: tuple[Target, ...] = TARGETS
    history_days: int = 90
    sample_at_most: int = 100_000
    folds: int = 2
    trees: int = 50
    leaves: int = 12
    leaf_at_least: int = 30
    rate: float = 0.08
    ridge: float = 1.0
    reasons_for: tuple[str, ...] = ("churn:90d", "buy:28d")
    reasons_at_most: int = 5
    driver_resamples: int = 60
    retrain_after_days: int = 28
    psi_limit: float = 0.25
    seed: int = 1
    judgement: JudgementParams = field(default_factory=lambda: JudgementParams(resamples=200))
