"""What a policy would have brought, from decisions another one took and logged (off-policy).

- **ips**: rewards weighted by how much likelier the policy is to act as was acted (Horvitz,
  Thompson 1952); unbiased, and noisy where the two policies differ;
- **snips**: the same with weights that add up to one (Swaminathan, Joachims 2015);
- **dr**: a model's forecast of every option, corrected by the weighted error where it was tried
  (Dudik et al. 2014, https://doi.org/10.1214/14-STS500); right if either model or log is.

The effective sample size says how many decisions are left after weighting: at a handful, nothing
is known and the interval says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.errors import ContractError
from crm_tasks.evaluation.least_squares import Estimate

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints

SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Log:
    """Decisions as they were taken: option, its probability then, and what came of it.

    Attributes
    ----------
    action : ndarray of int64, shape (n,)
        Option taken.
    propensity : ndarray of float64, shape (n, k)
        Probability of every option when it was decided; each row adds up to 1.
    reward : ndarray of float64, shape (n,)
    cluster : ndarray of int64, shape (n,)
        Decisions whose rewards may hang together; each its own where none do.
    """

    action: Ints
    propensity: Floats
    reward: Floats
    cluster: Ints

    def __post_init__(self) -> None:
        check_shares(self.propensity, "logged propensities")
        taken = self.propensity[np.arange(len(self.action)), self.action]
        if np.any(taken <= 0):
            n = int(np.sum(taken <= 0))
            raise ContractError(f"{n} decisions were taken that had no probability to be")


def check_shares(shares: Floats, name: str) -> None:
    """Raise unless every row is a distribution.

    Raises
    ------
    ContractError
        A share is below 0, or a row does not add up to 1 within 1e-9.
    """
    wrong = int(np.sum(np.abs(shares.sum(axis=1) - 1) > SUM_TOLERANCE) + np.sum(shares < 0))
    if wrong:
        raise ContractError(f"{name}: {wrong} rows do not add up to 1 within {SUM_TOLERANCE}")


@dataclass(frozen=True)
class PolicyValue:
    """The mean reward per decision under a policy, by one estimator."""

    estimator: str
    estimate: Estimate
    ess: float


def policy_values(log: Log, policy: Floats, forecast: Floats) -> list[PolicyValue]:
    """Return the value of a policy by all three estimators.

    Parameters
    ----------
    policy : ndarray of float64, shape (n, k)
        Probability with which the policy takes each option; each row adds up to 1.
    forecast : ndarray of float64, shape (n, k)
        Reward a model expects of each option; made without the row's own reward (cross-fitted).
    """
    check_shares(policy, "policy")
    rows = np.arange(len(log.action))
    weight = policy[rows, log.action] / log.propensity[rows, log.action]
    total = float(weight.sum())
    ess = total**2 / float(weight @ weight) if total > 0 else 0.0
    expected = np.sum(policy * forecast, axis=1)
    error = log.reward - forecast[rows, log.action]
    ips, dr = weight * log.reward, expected + weight * error
    found = [PolicyValue("ips", _mean(ips, log.cluster), ess)]
    if total > 0:
        centre = float(weight @ log.reward) / total
        # Of a ratio of means, linearised.
        around = weight * (log.reward - centre) / weight.mean()
        spread = _mean(around, log.cluster)
        value = Estimate.of(centre, spread.se, max(len(np.unique(log.cluster)) - 1, 1))
        found.append(PolicyValue("snips", value, ess))
    return [*found, PolicyValue("dr", _mean(dr, log.cluster), ess)]


def _mean(values: Floats, cluster: Ints) -> Estimate:
    """Return the mean with an error that holds if values hang together within clusters."""
    group = np.unique(cluster, return_inverse=True)[1]
    n_groups = int(group.max()) + 1
    centre = float(values.mean())
    sums = np.bincount(group, values - centre)
    scale = n_groups / max(n_groups - 1, 1)
    se = float(np.sqrt(scale * float(sums @ sums))) / len(values)
    return Estimate.of(centre, se, max(n_groups - 1, 1))
