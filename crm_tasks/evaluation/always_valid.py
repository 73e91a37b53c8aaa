"""Intervals that hold however often one looks, for campaigns that still run.

Asymptotic confidence sequences with a Gaussian mixture (Waudby-Smith et al. 2024,
https://doi.org/10.1214/24-AOS2408): with probability 95 % they cover the truth at all looks
together, so that stopping when one excludes zero is no mistake.
"""

from __future__ import annotations

from math import exp, inf, log, sqrt

from crm_tasks.evaluation.least_squares import Estimate

ALPHA = 0.05


def tuning(n_planned: float, alpha: float = ALPHA) -> float:
    """Return the mixture's variance that makes the interval tightest at ``n_planned`` units."""
    doubled = -2 * log(alpha)
    return (doubled + log(doubled + 1)) / max(n_planned, 1.0)


def always_valid(estimate: Estimate, n: float, n_planned: float) -> Estimate:
    """Return the estimate with an always-valid interval and p-value.

    Parameters
    ----------
    n, n_planned : float
        Independent units behind the estimate so far (clusters, where errors are clustered), and
        those expected at the end.
    """
    if not estimate.se > 0 or n <= 0:
        return Estimate(estimate.value, estimate.se, -inf, inf, 1.0)
    mixture = n * tuning(n_planned)
    half = estimate.se * sqrt((mixture + 1) / mixture * (log(mixture + 1) - 2 * log(ALPHA)))
    z_squared = (estimate.value / estimate.se) ** 2
    evidence = -0.5 * log(mixture + 1) + 0.5 * z_squared * mixture / (mixture + 1)
    p_value = exp(-max(evidence, 0.0))
    return Estimate(
        estimate.value, estimate.se, estimate.value - half, estimate.value + half, p_value
    )
