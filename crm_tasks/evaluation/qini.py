"""How well an order of customers by uplift finds those whom treatment moves.

Curve and coefficient after Radcliffe 2007: treat the first share of customers in the order and sum
what treatment then adds, against treating as many at random. Only for customers who were treated at
random, and with scores made without their own outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from crm_tasks.evaluation.design import Flags
    from crm_tasks.graph.engine.network import Floats, Ints

DECILES = 10
RESAMPLES = 200


@dataclass(frozen=True, eq=False)
class Curve:
    """By decile of the score, highest first: units, uplift observed, and its standard error.

    ``gain`` is what treating the first k deciles adds per customer of all, ``qini`` that less what
    treating as many at random adds. ``coefficient`` is the mean of qini over the curve.
    """

    n: Ints
    uplift: Floats
    se: Floats
    gain: Floats
    qini: Floats
    coefficient: float
    low: float
    high: float


def qini_curve(
    score: Floats, is_treated: Flags, outcome: Floats, cluster: Ints, seed: int
) -> Curve:
    """Return the curve, with the coefficient's 95 % interval from a bootstrap over clusters."""
    decile = deciles(score)
    parts = _sums(decile, is_treated, outcome, cluster)
    n, uplift, se, gain, qini = _curve(parts.sum(axis=0))
    rng = np.random.default_rng(seed)
    picks = rng.multinomial(len(parts), np.full(len(parts), 1 / len(parts)), RESAMPLES)
    again = [_curve(np.tensordot(pick, parts, axes=1))[4].mean() for pick in picks]
    low, high = np.quantile(again, [0.025, 0.975])
    return Curve(n, uplift, se, gain, qini, float(qini.mean()), float(low), float(high))


def deciles(score: Floats) -> Ints:
    """Return each unit's decile, 0 for the highest scores; equal scores by place.

    >>> deciles(np.array([0.1, 0.9] * 5)).tolist()
    [5, 0, 6, 1, 7, 2, 8, 3, 9, 4]
    """
    order = np.argsort(-score, kind="stable")
    found = np.empty(len(score), dtype=np.int64)
    found[order] = np.arange(len(score)) * DECILES // max(len(score), 1)
    return found


def _sums(decile: Ints, is_treated: Flags, outcome: Floats, cluster: Ints) -> Floats:
    """Return (cluster, decile, arm, moment): units, sum and sum of squares of the outcome."""
    group = np.unique(cluster, return_inverse=True)[1]
    cell = (group * DECILES + decile) * 2 + is_treated
    size = (int(group.max()) + 1) * DECILES * 2
    moments = [np.bincount(cell, w, size) for w in (np.ones(len(cell)), outcome, outcome**2)]
    found: Floats = np.stack(moments, axis=-1).astype(np.float64).reshape(-1, DECILES, 2, 3)
    return found


def _curve(sums: Floats) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    count, total, squares = (sums[:, :, moment] for moment in range(3))
    uplift = _difference(count, total)
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    variance = np.divide(squares, count, out=np.zeros_like(total), where=count > 0) - mean**2
    per_arm = np.divide(variance, count - 1, out=np.zeros_like(total), where=count > 1)
    so_far_count, so_far_total = np.cumsum(count, axis=0), np.cumsum(total, axis=0)
    share = so_far_count.sum(axis=1) / max(float(count.sum()), 1.0)
    gain = _difference(so_far_count, so_far_total) * share
    n = count.sum(axis=1).round().astype(np.int64)
    return n, uplift, np.sqrt(np.maximum(per_arm.sum(axis=1), 0.0)), gain, gain - share * gain[-1]


def _difference(count: Floats, total: Floats) -> Floats:
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return np.asarray(mean[:, 1] - mean[:, 0])
