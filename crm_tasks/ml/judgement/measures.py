"""What a method is measured by: means of losses, ratios of sums, hit rates, the area under ROC.

A measure gives its value under weights, so that one bootstrap serves them all: every case counts
as often as it was drawn (Efron and Tibshirani 1993, chapter 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: Probabilities closer to 0 or 1 than this count as this: one sure error is not infinitely bad.
CLIP = 1e-6


class Measure(Protocol):
    """A figure of one method on the judged cases."""

    @property
    def n(self) -> int:
        """Number of cases."""

    @property
    def is_gain(self) -> bool:
        """Whether larger is better."""

    def at(self, weights: Floats) -> Floats:
        """Return its value for each row of ``weights`` (resamples x cases)."""


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of a loss per case, or ``sum(losses) / sum(scales)``: MAE, log loss, Brier, MASE.

    Examples
    --------
    >>> Mean(np.array([1.0, 3.0])).at(np.array([[1.0, 1.0], [2.0, 0.0]])).tolist()
    [2.0, 1.0]
    """

    losses: Floats
    scales: Floats | None = None
    is_gain: bool = False

    @property
    def n(self) -> int:
        return len(self.losses)

    def at(self, weights: Floats) -> Floats:
        below = weights.sum(axis=1) if self.scales is None else weights @ self.scales
        above: Floats = weights @ self.losses
        return _ratio(above, below)


class HitRate(Mean):
    """The share of cases in which the answer was among the first k named."""

    def __init__(self, is_hit: npt.NDArray[np.bool_]) -> None:
        super().__init__(is_hit.astype(np.float64), None, is_gain=True)


@dataclass(frozen=True, eq=False)
class RocArea:
    """The area under the ROC curve; equal scores count half.

    Examples
    --------
    >>> area = RocArea(np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 2.0, 3.0]))
    >>> area.at(np.ones((1, 4))).tolist()
    [0.875]
    """

    labels: Ints
    scores: Floats
    is_gain: bool = True

    @property
    def n(self) -> int:
        return len(self.labels)

    def at(self, weights: Floats) -> Floats:
        order = np.argsort(self.scores, kind="stable")
        is_true = self.labels[order] == 1
        starts = np.flatnonzero(np.diff(self.scores[order], prepend=np.nan) != 0)
        drawn = weights[:, order]
        positives = np.add.reduceat(drawn * is_true, starts, axis=1)
        negatives = np.add.reduceat(drawn * ~is_true, starts, axis=1)
        below = np.cumsum(negatives, axis=1) - negatives / 2
        above = (positives * below).sum(axis=1)
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        return _ratio(above, pairs)


def log_losses(labels: Ints, probabilities: Floats) -> Floats:
    """Return the log loss of each case, in nats.

    >>> log_losses(np.array([1, 0]), np.array([0.5, 0.0])).round(4).tolist()
    [0.6931, 0.0]
    """
    p = np.clip(probabilities, CLIP, 1 - CLIP)
    return -np.where(labels == 1, np.log(p), np.log1p(-p))


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below; NaN where a resample drew only cases that say nothing."""
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result
