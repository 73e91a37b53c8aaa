"""What a randomised campaign did: directly, through neighbours, and in total.

- *direct*: a customer's own treatment, company unchanged;
- *spillover*: all of one's neighbours treated instead of none, oneself not treated;
- *total*: everybody treated instead of nobody.

Two estimators that fail in different ways stand side by side. The **exposure regression** takes the
outcome on one's own treatment, the treated share of one's company and the share that could have
been treated (so that the popular are compared with the popular; Aronow, Samii 2017,
https://doi.org/10.1214/16-AOAS1005); it needs the ties to be known. The **design contrast** needs
no ties: communities wholly treated against communities not treated; it is too small by about the
share of ties that are cut. The **unit difference**, treated less untreated, is what is usually
written: it is published as well, and misses whatever flows along ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.evaluation.least_squares import Estimate, fit, is_identified
from crm_tasks.evaluation.power import minimal_effects, sample_ratio_p, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crm_tasks.evaluation.design import Flags
    from crm_tasks.graph.engine.network import Floats, Ints

#: Below so many clusters (units, where nobody is tied) no interval deserves the name.
CLUSTERS_AT_LEAST = 8
TREATED_AT_LEAST = 2
#: Share of tie strength between communities up to which their contrast speaks for the total effect:
#: where half of it comes along ties, it is then too small by 5 %.
CUT_AT_MOST = 0.1
BY_DRAW = ("design_contrast", "exposure_regression")
BY_TIES = ("exposure_regression", "design_contrast")


@dataclass(frozen=True, eq=False)
class Trial:
    """The units of one campaign.

    Attributes
    ----------
    is_treated : ndarray of bool, shape (n,)
    treated_share, possible_share : ndarray of float64, shape (n,)
        Share of a unit's tie strength that leads to treated units, and to units of the campaign.
    cluster : ndarray of int64, shape (n,)
        Community; where no ties are known, each unit is its own.
    saturation : ndarray of float64, shape (n,)
        What was drawn for the unit's community; NaN where the source does not say.
    is_clustered : bool
        Whether communities were drawn, so that whole ones can be compared.
    """

    is_treated: Flags
    treated_share: Floats
    possible_share: Floats
    cluster: Ints
    saturation: Floats
    is_clustered: bool

    @property
    def has_ties(self) -> bool:
        return bool(np.any(self.possible_share > 0))

    @property
    def n_clusters(self) -> int:
        return len(np.unique(self.cluster))

    @property
    def groups(self) -> Ints | None:
        """Clusters of the errors; None where units are alone."""
        return self.cluster if self.n_clusters < len(self.cluster) else None

    def part(self, keep: Flags) -> Trial:
        """Return the units that are kept."""
        return Trial(
            self.is_treated[keep], self.treated_share[keep], self.possible_share[keep],
            self.cluster[keep], self.saturation[keep], self.is_clustered,
        )  # fmt: skip

    def regressors(self) -> tuple[Floats, dict[str, Floats]]:
        """Return the exposure regression's columns, and each estimand as a contrast of them.

        Without ties (or with company that is nowhere treated) only the direct effect is left.
        """
        ones, own = np.ones(len(self.is_treated)), self.is_treated.astype(np.float64)
        if not self.has_ties or not np.any(self.treated_share > 0):
            return np.column_stack([ones, own]), {"direct": np.array([0.0, 1.0])}
        columns = np.column_stack([ones, own, self.treated_share, self.possible_share])
        reach = float(self.possible_share.mean())
        contrasts = {
            "direct": np.array([0.0, 1.0, 0.0, 0.0]),
            "spillover": np.array([0.0, 0.0, reach, 0.0]),
            "total": np.array([0.0, 1.0, reach, 0.0]),
        }
        return columns, contrasts


@dataclass(frozen=True)
class Effect:
    """One estimand by one estimator, with the units and clusters behind it."""

    estimand: str
    estimator: str
    estimate: Estimate
    n_units: int
    n_clusters: int
    mde: float | None = None


def estimate_effects(trial: Trial, outcome: Floats) -> list[Effect]:
    """Return every effect that the trial can tell, by every estimator that can tell it.

    Nothing where fewer than two units are treated or untreated, or clusters are too few.
    """
    n_treated = int(trial.is_treated.sum())
    is_one_sided = min(n_treated, len(outcome) - n_treated) < TREATED_AT_LEAST
    if is_one_sided or trial.n_clusters < CLUSTERS_AT_LEAST or not np.std(outcome) > 0:
        return []
    return [
        *_exposure_regression(trial, outcome),
        *_design_contrasts(trial, outcome),
        *_unit_difference(trial, outcome),
    ]


def _exposure_regression(trial: Trial, outcome: Floats) -> Iterator[Effect]:
    columns, contrasts = trial.regressors()
    if not is_identified(columns):
        return
    fitted = fit(columns, outcome, trial.groups)
    least = minimal_effects(columns, contrasts, trial.cluster, spread(outcome, trial.cluster))
    for name, contrast in contrasts.items():
        estimate = fitted.estimate(contrast)
        yield _effect(name, "exposure_regression", estimate, trial, least[name])


def _design_contrasts(trial: Trial, outcome: Floats) -> Iterator[Effect]:
    """Yield what the draw alone tells, without knowing a single tie."""
    if not trial.is_clustered:
        return
    s = trial.saturation
    whole = (s == 0) | (s == 1)
    if _is_enough(trial, whole, s):
        yield _slope("total", trial.part(whole), outcome[whole], s[whole])
    untreated = (s < 1) & ~trial.is_treated
    if _is_enough(trial, untreated, s):
        yield _slope("spillover", trial.part(untreated), outcome[untreated], s[untreated])
    mixed = (s > 0) & (s < 1)
    own = trial.is_treated.astype(np.float64)
    if mixed.any() and _is_enough(trial, mixed, own):
        part = trial.part(mixed)
        within = _less_cluster_mean(own[mixed], part.cluster)[:, None]
        response = _less_cluster_mean(outcome[mixed], part.cluster)
        # Where some gave no answer, each cluster may be left with one arm.
        if is_identified(within):
            estimate = fit(within, response, part.cluster).estimate(np.ones(1))
            yield _effect("direct", "design_contrast", estimate, part)


def _is_enough(trial: Trial, keep: Flags, treatment: Floats) -> bool:
    clusters = len(np.unique(trial.cluster[keep]))
    return clusters >= CLUSTERS_AT_LEAST and len(np.unique(treatment[keep])) > 1


def _less_cluster_mean(values: Floats, cluster: Ints) -> Floats:
    group = np.unique(cluster, return_inverse=True)[1]
    return np.asarray(values - (np.bincount(group, values) / np.bincount(group))[group])


def _slope(estimand: str, part: Trial, outcome: Floats, treatment: Floats) -> Effect:
    """Return the effect of saturation 1 instead of 0, straight in between."""
    fitted = fit(np.column_stack([np.ones(len(outcome)), treatment]), outcome, part.cluster)
    return _effect(estimand, "design_contrast", fitted.estimate(np.array([0.0, 1.0])), part)


def _unit_difference(trial: Trial, outcome: Floats) -> Iterator[Effect]:
    """Yield treated less untreated, as if nobody knew anybody."""
    if not trial.has_ties:
        return
    columns = np.column_stack([np.ones(len(outcome)), trial.is_treated])
    estimate = fit(columns, outcome).estimate(np.array([0.0, 1.0]))
    yield _effect("total", "unit_difference", estimate, trial)


def _effect(
    estimand: str, estimator: str, estimate: Estimate, trial: Trial, mde: float | None = None
) -> Effect:
    return Effect(estimand, estimator, estimate, len(trial.is_treated), trial.n_clusters, mde)


def headlines(effects: Iterable[Effect], cut_share: float) -> set[tuple[str, str]]:
    """Return which estimator speaks for each estimand, as (estimand, estimator).

    The draw and the graph decide, never the outcome. Sources never show all ties: the exposure
    regression then takes for a customer's own reaction what came along ties that nobody sees. The
    contrasts of the draw need no tie, so they speak for both parts wherever communities were drawn;
    at worst they are too small, by what is cut. The sum of both parts suffers little from unseen
    ties: for the total the regression speaks where more than ``CUT_AT_MOST`` is cut. The unit
    difference never speaks.
    """
    found = {(effect.estimand, effect.estimator) for effect in effects}
    chosen = set()
    for estimand in sorted({one for one, _ in found}):
        is_by_draw = estimand != "total" or cut_share <= CUT_AT_MOST
        order = BY_DRAW if is_by_draw else BY_TIES
        speaking = next((one for one in order if (estimand, one) in found), None)
        if speaking is not None:
            chosen.add((estimand, speaking))
    return chosen


def sample_ratio(trial: Trial) -> float:
    """Return the p-value of the arms seen against those drawn; NaN where the draw is unknown."""
    return sample_ratio_p(trial.saturation, trial.is_treated, trial.cluster)
