"""Methods for the next category and the next price: naive ones, one's own history, SVMs.

Support vector machines: LinearSVC one against the rest and an RBF kernel (Cortes and Vapnik 1995);
SVR (Drucker et al. 1996) on the logarithm of the price, since prices err by shares.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC, SVR, LinearSVC
from threadpoolctl import threadpool_limits

from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.choices.baskets import PRICES, Tastes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.choices.params import ChoiceParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

POPULAR, OWN_HISTORY, LINEAR, KERNEL = "most_popular", "own_history", "linear_svc", "svc"
MEDIAN, OWN_MEDIAN, SUPPORT = "median", "own_median", "svr"
TASTES = ("orders_by_main_category", *PRICES)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted method: whatever it answers by is in its artifact.

    Attributes
    ----------
    artifact : Artifact
        Its machine, or None where plain numbers do; they stand beside it, the family too.
    n_train : int
    settings : dict
        Hyperparameters.
    """

    artifact: Artifact
    n_train: int
    settings: dict[str, Any]

    def answer(self, asked: Tastes) -> Floats:
        """Return a score per case and category, or a price per case."""
        return ANSWERS[self.artifact.told["family"]](self.artifact, asked)


def fit_categories(
    train: Tastes, categories: Sequence[str], params: ChoiceParams, only: str | None = None
) -> dict[str, Fitted]:
    """Return the methods that rank categories, learned from cases that named one of them.

    With ``only``, the support vector machine of another name is not fitted.
    """
    cases = train.take(train.category >= 0)
    n, n_categories = len(cases.category), len(categories)
    popular = np.bincount(cases.category, minlength=n_categories) / max(n, 1)
    shared = {"categories": list(categories), "popular": popular.tolist()}

    def plain(family: str, settings: dict[str, Any], features: tuple[str, ...]) -> Fitted:
        return Fitted(Artifact(None, features, {"family": family, **shared}), n, settings)

    found = {
        POPULAR: plain(POPULAR, {}, ()),
        OWN_HISTORY: plain(OWN_HISTORY, {"prior_orders": 1}, TASTES[:1]),
    }
    machines = (
        (LINEAR, params.linear_cases_at_most, {"C": 0.1, "dual": False}),
        (KERNEL, params.kernel_cases_at_most, {"C": 1.0, "kernel": "rbf", "gamma": "scale"}),
    )
    for name, at_most, settings in machines:
        few = cases.take(slice(0, at_most))
        if only in (None, name) and len(np.unique(few.category)) > 2:  # noqa: PLR2004 (two classes have one score, not two)
            found[name] = _machine(name, few, categories, settings, params)
    return found


def _machine(
    name: str, cases: Tastes, categories: Sequence[str], settings: dict[str, Any],
    params: ChoiceParams,
) -> Fitted:  # fmt: skip
    scale = Scale.fit(_taste_features(cases))
    made = LinearSVC(**settings, random_state=params.seed) if name == LINEAR else SVC(
        **settings, decision_function_shape="ovr", random_state=params.seed
    )  # fmt: skip
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is judged as it is
        made.fit(scale(_taste_features(cases)), cases.category)
    told = {"family": name, "categories": list(categories), "scale": scale.told()}
    return Fitted(Artifact(made, TASTES, told), len(cases.category), settings)


def fit_prices(train: Tastes, params: ChoiceParams) -> dict[str, Fitted]:
    """Return the methods that name the price of a unit in the next order."""
    cases = train.take(~np.isnan(train.price))
    n, few = len(cases.price), slice(0, params.linear_cases_at_most)
    features = np.log1p(cases.prices)
    scale = Scale.fit(features[few])
    settings = {"C": 1.0, "epsilon": 0.1, "kernel": "rbf", "gamma": "scale"}
    with threadpool_limits(1):
        made = SVR(**settings).fit(scale(features[few]), np.log(cases.price[few]))
    middle = {"family": MEDIAN, "median": float(np.median(cases.price))}
    own = {"family": OWN_MEDIAN}
    machine = Artifact(made, PRICES, {"family": SUPPORT, "scale": scale.told()})
    return {
        MEDIAN: Fitted(Artifact(None, (), middle), n, {}),
        OWN_MEDIAN: Fitted(Artifact(None, PRICES[:1], own), n, {}),
        SUPPORT: Fitted(machine, min(n, few.stop), settings),
    }


def _by_popularity(kept: Artifact, asked: Tastes) -> Floats:
    return np.tile(np.array(kept.told["popular"]), (len(asked.customers), 1))


def _by_history(kept: Artifact, asked: Tastes) -> Floats:
    # As if everybody had ordered once more, as all do: it orders what one never bought.
    n_orders = asked.counts.sum(axis=1, keepdims=True)
    shares: Floats = (asked.counts + np.array(kept.told["popular"])) / (n_orders + 1)
    return shares


def _by_machine(kept: Artifact, asked: Tastes) -> Floats:
    made, scale = kept.estimator, Scale.from_told(kept.told["scale"])
    scores = np.full((len(asked.customers), len(kept.told["categories"])), -np.inf)
    if len(asked.customers):
        with threadpool_limits(1):
            scores[:, made.classes_] = made.decision_function(scale(_taste_features(asked)))
    return scores


def _by_regression(kept: Artifact, asked: Tastes) -> Floats:
    if not len(asked.customers):
        return np.empty(0)
    scale = Scale.from_told(kept.told["scale"])
    with threadpool_limits(1):
        return np.asarray(np.exp(kept.estimator.predict(scale(np.log1p(asked.prices)))))


def _by_median(kept: Artifact, asked: Tastes) -> Floats:
    return np.full(len(asked.customers), kept.told["median"])


def _by_own_median(kept: Artifact, asked: Tastes) -> Floats:  # noqa: ARG001 (it learned nothing)
    return asked.prices[:, 0]


ANSWERS: dict[str, Callable[[Artifact, Tastes], Floats]] = {
    POPULAR: _by_popularity, OWN_HISTORY: _by_history, LINEAR: _by_machine, KERNEL: _by_machine,
    MEDIAN: _by_median, OWN_MEDIAN: _by_own_median, SUPPORT: _by_regression,
}  # fmt: skip


def _taste_features(cases: Tastes) -> Floats:
    """Return shares of the categories so far, and prices and habits as logarithms."""
    shares = cases.counts / np.maximum(cases.counts.sum(axis=1, keepdims=True), 1)
    return np.column_stack([np.sqrt(shares), np.log1p(cases.prices)])


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and standard deviation of each column, to be brought to 0 and 1."""

    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, matrix: Floats) -> Scale:
        deviation = matrix.std(axis=0)
        return cls(matrix.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, matrix: Floats) -> Floats:
        scaled: Floats = (matrix - self.mean) / self.deviation
        return scaled

    def told(self) -> dict[str, list[float]]:
        """Return it as plain data."""
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    @classmethod
    def from_told(cls, told: dict[str, list[float]]) -> Scale:
        """Return what :meth:`told` told."""
        return cls(np.array(told["mean"]), np.array(told["deviation"]))


def first_named(scores: Floats, k: int) -> Ints:
    """Return the places of the k highest scores of each case, the highest first; ties by place.

    >>> first_named(np.array([[0.1, 0.5, 0.5, 0.2]]), 2).tolist()
    [[1, 2]]
    """
    return np.argsort(-scores, axis=1, kind="stable")[:, :k].astype(np.int64)
