"""The methods that compete: a table of shares by recency, logistic regression, boosted trees.

No class weights: a model that counts leavers twice gives probabilities of another company.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.special import logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.judgement import Calibrator, log_losses
from crm_tasks.ml.propensity.panel import columns, usable_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.propensity.panel import Panel
    from crm_tasks.ml.propensity.params import PropensityParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

NAIVE = "recency_table"
FAMILIES = ("boosted", "logistic")
RECENCY_GROUPS = 10


class Model(Protocol):
    """What answers: probabilities from the whole matrix of features."""

    @property
    def family(self) -> str:
        """Name of the method."""

    def probabilities(self, matrix: Floats) -> Floats:
        """Return P(yes) of each case."""

    def log_odds(self, matrix: Floats) -> Floats:
        """Return the log odds of :meth:`probabilities`."""

    def artifact(self) -> Artifact:
        """Return it as something that can be kept."""


@dataclass(frozen=True, eq=False)
class RecencyTable:
    """The naive method: the share of yes among customers whose last order was as long ago."""

    edges: Floats
    shares: Floats
    family: str = NAIVE
    features: tuple[str, ...] = ("recency_days",)

    @classmethod
    def fit(cls, panel: Panel) -> RecencyTable:
        """Return the table by tenths of recency; Laplace's rule keeps shares off 0 and 1."""
        recency = columns(panel.matrix, ("recency_days",))[:, 0]
        tenths = np.linspace(0, 1, RECENCY_GROUPS + 1)[1:-1]
        edges: Floats = np.empty(0)
        if len(panel):
            edges = np.unique(np.quantile(recency, tenths, method="lower"))
        group = np.searchsorted(edges, recency, side="left")
        n = np.bincount(group, minlength=len(edges) + 1)
        yes = np.bincount(group, weights=panel.labels, minlength=len(edges) + 1)
        return cls(edges, (yes + 1) / (n + 2))

    def probabilities(self, matrix: Floats) -> Floats:
        recency = columns(matrix, self.features)[:, 0]
        return self.shares[np.searchsorted(self.edges, recency, side="left")]

    def log_odds(self, matrix: Floats) -> Floats:
        return np.asarray(logit(self.probabilities(matrix)), dtype=np.float64)

    def artifact(self) -> Artifact:
        told = {"edges": self.edges.tolist(), "shares": self.shares.tolist()}
        return Artifact(None, self.features, {"family": self.family, **told})


@dataclass(frozen=True)
class Scaling:
    """Skewed features made fit for a line: holes to the median, signed logs, mean 0, s.d. 1."""

    median: tuple[float, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def fit(cls, matrix: Floats) -> Scaling:
        median = np.zeros(matrix.shape[1])  # where no case knows the feature
        is_known = ~np.isnan(matrix).all(axis=0)
        median[is_known] = np.nanmedian(matrix[:, is_known], axis=0)
        logs = signed_log(np.where(np.isnan(matrix), median, matrix))
        deviation = logs.std(axis=0)
        kept = (median, logs.mean(axis=0), np.where(deviation > 0, deviation, 1.0))
        return cls(*(tuple(values.tolist()) for values in kept))

    def __call__(self, matrix: Floats) -> Floats:
        filled = np.where(np.isnan(matrix), np.array(self.median), matrix)
        scaled: Floats = (signed_log(filled) - np.array(self.mean)) / np.array(self.deviation)
        return scaled

    def told(self) -> dict[str, list[float]]:
        return {name: list(getattr(self, name)) for name in ("median", "mean", "deviation")}


def signed_log(values: Floats) -> Floats:
    """Return log(1 + |x|) with the sign of x."""
    logs: Floats = np.sign(values) * np.log1p(np.abs(values))
    return logs


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted candidate with its out-of-fold calibration.

    Attributes
    ----------
    estimator : object
        Of scikit-learn; its ``decision_function`` gives raw log odds.
    scaling : Scaling or None
        What precedes a logistic regression.
    oof_loss : float
        Log loss out of fold in training, after calibration.
    held_out : ndarray of float64
        Log odds out of fold in training, after calibration; none of a model read back.
    """

    family: str
    features: tuple[str, ...]
    estimator: Any
    calibrator: Calibrator
    scaling: Scaling | None = None
    oof_loss: float = float("nan")
    held_out: Floats = field(default_factory=lambda: np.empty(0))

    def prepared(self, matrix: Floats) -> Floats:
        """Return what the estimator reads."""
        chosen = columns(matrix, self.features)
        return chosen if self.scaling is None else self.scaling(chosen)

    def raw(self, matrix: Floats) -> Floats:
        """Return log odds before calibration."""
        if not len(matrix):
            return np.empty(0)
        with threadpool_limits(1):
            found = self.estimator.decision_function(self.prepared(matrix))
        return np.asarray(found, dtype=np.float64)

    def probabilities(self, matrix: Floats) -> Floats:
        return self.calibrator(self.raw(matrix))

    def log_odds(self, matrix: Floats) -> Floats:
        return self.calibrator.log_odds(self.raw(matrix))

    def artifact(self) -> Artifact:
        told: dict[str, Any] = {"family": self.family, "calibrator": self.calibrator.told()}
        told["scaling"] = None if self.scaling is None else self.scaling.told()
        return Artifact(self.estimator, self.features, told)


def model_of(artifact: Artifact) -> Model:
    """Return the model an artifact holds."""
    told = artifact.told
    if told["family"] == NAIVE:
        return RecencyTable(np.array(told["edges"], float), np.array(told["shares"], float))
    scaling = told["scaling"]
    return Learned(
        told["family"],
        artifact.features,
        artifact.estimator,
        Calibrator.from_told(told["calibrator"]),
        None if scaling is None else Scaling(**{k: tuple(v) for k, v in scaling.items()}),
    )


def learn(family: str, panel: Panel, params: PropensityParams) -> Learned:
    """Return a candidate fitted to a panel, calibrated by what it says of customers left out."""
    features = usable_columns(panel.matrix)
    fold = panel.customers % params.folds
    raw = np.empty(len(panel))
    for one in range(params.folds):
        inside, outside = fold != one, fold == one
        if len(np.unique(panel.labels[inside])) < 2 or not outside.any():  # noqa: PLR2004
            raw[outside] = 0.0
            continue
        part = _fit(family, features, panel.matrix[inside], panel.labels[inside], params)
        raw[outside] = part.raw(panel.matrix[outside])
    with threadpool_limits(1):
        calibrator = Calibrator.fit(panel.labels, raw, fold)
    loss = float(log_losses(panel.labels, calibrator(raw)).mean())
    whole = _fit(family, features, panel.matrix, panel.labels, params)
    return Learned(
        family, features, whole.estimator, calibrator, whole.scaling, loss,
        calibrator.log_odds(raw),
    )  # fmt: skip


def learn_again(learned: Learned, panel: Panel, params: PropensityParams) -> Learned:
    """Return a judged candidate fitted to a later panel; its calibration stays as judged."""
    whole = _fit(learned.family, learned.features, panel.matrix, panel.labels, params)
    return Learned(
        learned.family, learned.features, whole.estimator, learned.calibrator, whole.scaling,
        learned.oof_loss,
    )  # fmt: skip


def settings_of(family: str, params: PropensityParams) -> dict[str, Any]:
    """Return the hyperparameters of a method."""
    if family == NAIVE:
        return {"groups": RECENCY_GROUPS}
    if family == "logistic":
        return {"penalty": "l2", "C": 1.0, "solver": "newton-cholesky"}
    return {
        "max_iter": params.trees, "max_leaf_nodes": params.leaves,
        "min_samples_leaf": params.leaf_at_least, "learning_rate": params.rate,
        "l2_regularization": params.ridge,
        "early_stopping": False, "random_state": params.seed,
    }  # fmt: skip


def _fit(
    family: str, features: tuple[str, ...], matrix: Floats, labels: Ints, params: PropensityParams
) -> Learned:
    chosen = columns(matrix, features)
    settings = settings_of(family, params)
    scaling = None
    with threadpool_limits(1):
        if family == "logistic":
            scaling = Scaling.fit(chosen)
            model = LogisticRegression(C=settings["C"], solver=settings["solver"])
            model.fit(scaling(chosen), labels)
        else:
            model = HistGradientBoostingClassifier(**settings).fit(chosen, labels)
    return Learned(family, features, model, Calibrator("sigmoid", 1.0, 0.0, _NONE, _NONE), scaling)


_NONE = np.empty(0)
