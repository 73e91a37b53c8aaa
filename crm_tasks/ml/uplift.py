"""How much a treatment changes what each customer does, learned where chance treated.

Two learners on the same regressions (ridge, strength by leave-one-out): the **T-learner** takes the
difference of two forecasts, one per arm; the **X-learner** (Kuenzel et al. 2019,
https://doi.org/10.1073/pnas.1804597116) learns that difference itself and borrows strength where
one arm is small. All campaigns are learned together: what they share counts fully, what is special
to one only as far as its own data carry it. Exposure to treated neighbours is held fixed, so that
the figure is the effect of one's own treatment.

The baseline every learner has to beat is the constant: the same effect for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GroupKFold

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from crm_tasks.graph.engine.network import Floats, Ints

    Flags = npt.NDArray[np.bool_]

ALPHAS = np.logspace(0, 5, 11)
#: Weight of what is special to one action against what all share, as a share of one unit's scale.
SPECIAL = 0.7
FOLDS = 5
RESAMPLES = 40
#: Strength of the ridge in refits; searching for it in each would cost ten times as much.
REFIT_ALPHA = 300.0
#: The action that stands for what all campaigns share.
ANY = "any"
LEARNERS = ("x_learner", "t_learner", "constant")


@dataclass(frozen=True, eq=False)
class Sample:
    """Customers in randomised campaigns, one row per customer and campaign.

    Attributes
    ----------
    features : ndarray of float64, shape (n, p)
        Known before the campaign began; never after.
    action : ndarray of int64, shape (n,)
        Number of the campaign.
    exposure : ndarray of float64, shape (n, e)
        Treated and possible share of one's company; no columns where no ties are known.
    is_treated : ndarray of bool, shape (n,)
    propensity : ndarray of float64, shape (n,)
        Probability to be treated.
    outcome : ndarray of float64, shape (n,)
    cluster : ndarray of int64, shape (n,)
        Who belongs together; no cluster is in two folds.
    """

    features: Floats
    action: Ints
    exposure: Floats
    is_treated: Flags
    propensity: Floats
    outcome: Floats
    cluster: Ints

    def rows(self, keep: npt.NDArray[np.bool_] | Ints) -> Sample:
        """Return some of the rows."""
        return Sample(
            self.features[keep], self.action[keep], self.exposure[keep], self.is_treated[keep],
            self.propensity[keep], self.outcome[keep], self.cluster[keep],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Forecast:
    """What is expected of each row without and with treatment, and the difference a learner says.

    ``cate`` is by the learner that made it; for the X-learner it is not ``treated - control``.
    """

    control: Floats
    treated: Floats
    cate: Floats


@dataclass(frozen=True, eq=False)
class Basis:
    """What the regressions see of features; centre and spread are of the rows first learned from.

    Columns: a constant, the features all actions share, each action's own level and features.
    """

    mean: Floats
    sd: Floats
    n_actions: int

    @classmethod
    def of(cls, features: Floats, n_actions: int) -> Basis:
        sd = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(sd > 0, sd, 1.0), n_actions)

    def columns(self, features: Floats, action: Ints) -> Floats:
        """Return the columns; an action number of -1 has only what all share."""
        x = np.clip((features - self.mean) / self.sd, -4, 4)
        own = (action[:, None] == np.arange(self.n_actions)).astype(np.float64)
        special = SPECIAL * (own[:, :, None] * x[:, None, :]).reshape(len(x), -1)
        return np.column_stack([np.ones(len(x)), x, own, special])


@dataclass(frozen=True, eq=False)
class Uplift:
    """A fitted learner; all it says is linear in the basis and the exposure.

    Attributes
    ----------
    control, treated, cate : ndarray of float64
        Coefficients of the forecasts per arm, and of their difference as the learner has it.
    """

    learner: str
    basis: Basis
    control: Floats
    treated: Floats
    cate: Floats

    def forecast(self, features: Floats, action: Ints, exposure: Floats) -> Forecast:
        """Return what is expected of each row."""
        seen = np.column_stack([self.basis.columns(features, action), exposure])
        return Forecast(seen @ self.control, seen @ self.treated, seen @ self.cate)


def fit_uplift(
    sample: Sample, basis: Basis, learners: Sequence[str] = LEARNERS, alpha: float | None = None
) -> dict[str, Uplift]:
    """Return learners fitted to a sample, by name; they share the forecasts per arm.

    ``alpha`` is the ridge's strength; None searches for it.
    """
    seen = np.column_stack([basis.columns(sample.features, sample.action), sample.exposure])
    own, outcome = sample.is_treated, sample.outcome
    control, treated = (_ridge(seen[arm], outcome[arm], alpha) for arm in (~own, own))
    cates = {"t_learner": treated - control}
    if "x_learner" in learners:
        cates["x_learner"] = _second_stage(sample, seen, control, treated, alpha)
    level = float(np.mean(seen @ (treated - control)))
    cates["constant"] = np.concatenate([[level], np.zeros(seen.shape[1] - 1)])
    return {name: Uplift(name, basis, control, treated, cates[name]) for name in learners}


def _second_stage(
    sample: Sample, seen: Floats, control: Floats, treated: Floats, alpha: float | None
) -> Floats:
    """Return the X-learner's coefficients: what each arm imputes, weighted by the other's size."""
    own, outcome = sample.is_treated, sample.outcome
    n_exposures = sample.exposure.shape[1]
    shared = seen[:, : seen.shape[1] - n_exposures]
    of_treated = _ridge(shared[own], outcome[own] - seen[own] @ control, alpha)
    of_control = _ridge(shared[~own], seen[~own] @ treated - outcome[~own], alpha)
    chance = float(sample.propensity.mean())
    mixed = chance * of_control + (1 - chance) * of_treated
    return np.concatenate([mixed, np.zeros(n_exposures)])


def _ridge(columns: Floats, outcome: Floats, alpha: float | None) -> Floats:
    """Return coefficients; that of the constant, the first column, is not shrunk."""
    model = RidgeCV(ALPHAS) if alpha is None else Ridge(alpha)
    model.fit(columns[:, 1:], outcome)
    return np.concatenate([[model.intercept_], model.coef_])


def cross_fitted(sample: Sample, n_actions: int, fold: Ints) -> dict[str, Forecast]:
    """Return each learner's forecasts of each row, by a model that saw nobody of its fold."""
    found = {name: np.zeros((3, len(fold))) for name in LEARNERS}
    for number in np.unique(fold):
        kept, rows = sample.rows(fold != number), np.flatnonzero(fold == number)
        part = sample.rows(rows)
        for name, model in fit_uplift(kept, Basis.of(kept.features, n_actions)).items():
            forecast = model.forecast(part.features, part.action, part.exposure)
            found[name][:, rows] = forecast.control, forecast.treated, forecast.cate
    return {name: Forecast(*rows) for name, rows in found.items()}


def folds_of(sample: Sample) -> Ints:
    """Return each row's fold: clusters stay whole, sizes are as equal as they can be."""
    found = np.zeros(len(sample.outcome), dtype=np.int64)
    split = GroupKFold(min(FOLDS, len(np.unique(sample.cluster))))
    for number, (_, rows) in enumerate(split.split(found, groups=sample.cluster)):
        found[rows] = number
    return found


def rank_within(score: Floats, part: Ints) -> Floats:
    """Return each score's place within its part, 0 to 1, the highest last; equal ones by row.

    Levels of different folds must not be compared: a fold with a high mean leaves a low one to the
    model it is forecast by, so that a constant forecast would seem to rank the wrong way round.

    >>> rank_within(np.array([5.0, 1.0, 2.0, 9.0]), np.array([0, 0, 1, 1])).tolist()
    [0.75, 0.25, 0.25, 0.75]
    """
    order = np.lexsort((np.arange(len(score))[::-1], score, part))
    group = np.unique(part, return_inverse=True)[1]
    size = np.bincount(group)
    place = np.empty(len(score))
    place[order] = np.arange(len(score)) - np.repeat(np.cumsum(size) - size, size)
    return np.asarray((place + 0.5) / size[group])


def covariance_of_refits(model: Uplift, sample: Sample, seed: int) -> Floats:
    """Return the covariance of the effect's coefficients over models of resampled clusters.

    It says how much the figure depends on who happened to be in the campaigns, not how far a model
    that shrinks is from the truth.
    """
    rng = np.random.default_rng(seed)
    group = np.unique(sample.cluster, return_inverse=True)[1]
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    refits = []
    for _ in range(RESAMPLES):
        picked = rng.integers(0, len(members), len(members))
        again = sample.rows(np.concatenate([members[one] for one in picked]))
        refit = fit_uplift(again, model.basis, (model.learner,), REFIT_ALPHA)[model.learner]
        refits.append(refit.cate)
    return np.asarray(np.cov(np.array(refits), rowvar=False))


def spread(
    model: Uplift, covariance: Floats, features: Floats, action: Ints, exposure: Floats
) -> Floats:
    """Return the standard error of each row's effect."""
    seen = np.column_stack([model.basis.columns(features, action), exposure])
    return np.asarray(np.sqrt(np.maximum(np.sum((seen @ covariance) * seen, axis=1), 0.0)))


def by_treatment(uplift: pa.Table) -> pa.Table:
    """Return uplift per customer, channel and content type, over all campaigns that had them.

    What a plan reads: customer_id, channel, content_type, uplift, uplift_low, uplift_high and
    is_amount (whether the outcome is money). What all campaigns share stands with channel and
    content type NULL. The interval is the mean of the campaigns' own.

    Parameters
    ----------
    uplift : pyarrow.Table
        Rows of ml.uplift.
    """
    is_named = pc.and_(pc.is_valid(uplift["channel"]), pc.is_valid(uplift["content_type"]))
    named = uplift.filter(pc.or_(is_named, pc.equal(uplift["action_id"], ANY)))
    keys = ["customer_id", "channel", "content_type"]
    figures = [("cate", "mean"), ("ci_low", "mean"), ("ci_high", "mean"), ("outcome", "min")]
    found = named.group_by(keys, use_threads=False).aggregate(figures)
    return pa.table(
        {
            **{key: found[key] for key in keys},
            "uplift": pc.round(found["cate_mean"], 6),
            "uplift_low": pc.round(found["ci_low_mean"], 6),
            "uplift_high": pc.round(found["ci_high_mean"], 6),
            "is_amount": pc.equal(found["outcome_min"], "value"),
        }
    )


def uplift_class(cate: Floats, low: Floats, high: Floats, base: Floats) -> npt.NDArray[np.str_]:
    """Return each customer's class; only an interval that excludes zero moves anybody.

    >>> cate = np.array([0.2, -0.2, 0.0, 0.0])
    >>> low, high = np.array([0.1, -0.3, -0.1, -0.1]), np.array([0.3, -0.1, 0.1, 0.1])
    >>> uplift_class(cate, low, high, np.array([0.5, 0.5, 0.9, 0.1])).tolist()
    ['persuadable', 'sleeping_dog', 'sure_thing', 'lost_cause']
    """
    usual = np.where(base >= np.median(base), "sure_thing", "lost_cause")
    moved = np.where(high < 0, "sleeping_dog", usual)
    return np.where((low > 0) & (cate >= low), "persuadable", moved)
