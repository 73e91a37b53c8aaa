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

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from crm_tasks.ml.choices.baskets import Tastes
    from crm_tasks.ml.choices.params import ChoiceParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

POPULAR, MEDIAN = "most_popular", "median"


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted method.

    Attributes
    ----------
    answer : callable
        From tastes to a score per category (cases x categories), or to a price per case.
    parameters : object
        All it learned, for its digest.
    n_train : int
    settings : dict
        Hyperparameters.
    """

    answer: Callable[[Tastes], Floats]
    parameters: Any
    n_train: int
    settings: dict[str, Any]


def fit_categories(
    train: Tastes, params: ChoiceParams, only: str | None = None
) -> dict[str, Fitted]:
    """Return the methods that rank categories, learned from cases that named one of them.

    With ``only``, the support vector machine of another name is not fitted.
    """
    cases = train.take(train.category >= 0)
    n_categories = cases.counts.shape[1]
    popular = np.bincount(cases.category, minlength=n_categories) / max(len(cases.category), 1)

    def by_popularity(asked: Tastes) -> Floats:
        return np.tile(popular, (len(asked.customers), 1))

    def by_history(asked: Tastes) -> Floats:
        # As if everybody had ordered once more, as all do: it orders what one never bought.
        n_orders = asked.counts.sum(axis=1, keepdims=True)
        shares: Floats = (asked.counts + popular) / (n_orders + 1)
        return shares

    n = len(cases.category)
    found = {
        POPULAR: Fitted(by_popularity, popular, n, {}),
        "own_history": Fitted(by_history, popular, n, {"prior_orders": 1}),
    }
    machines = (
        ("linear_svc", params.linear_cases_at_most, {"C": 0.1, "dual": False}),
        ("svc", params.kernel_cases_at_most, {"C": 1.0, "kernel": "rbf", "gamma": "scale"}),
    )
    for name, at_most, settings in machines:
        few = cases.take(slice(0, at_most))
        if only in (None, name) and len(np.unique(few.category)) > 2:  # noqa: PLR2004 (two classes have one score, not two)
            found[name] = _machine(name, few, n_categories, settings, params)
    return found


def _machine(
    name: str, cases: Tastes, n_categories: int, settings: dict[str, Any], params: ChoiceParams
) -> Fitted:
    scale = _Scale.fit(_taste_features(cases))
    made = LinearSVC(**settings, random_state=params.seed) if name == "linear_svc" else SVC(
        **settings, decision_function_shape="ovr", random_state=params.seed
    )  # fmt: skip
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is judged as it is
        made.fit(scale(_taste_features(cases)), cases.category)

    def answer(asked: Tastes) -> Floats:
        scores = np.full((len(asked.customers), n_categories), -np.inf)
        if len(asked.customers):
            with threadpool_limits(1):
                scores[:, made.classes_] = made.decision_function(scale(_taste_features(asked)))
        return scores

    return Fitted(answer, [made, scale.mean, scale.deviation], len(cases.category), settings)


def fit_prices(train: Tastes, params: ChoiceParams) -> dict[str, Fitted]:
    """Return the methods that name the price of a unit in the next order."""
    cases = train.take(~np.isnan(train.price))
    middle = float(np.median(cases.price))
    features = np.log1p(cases.prices)
    few = slice(0, params.linear_cases_at_most)
    scale = _Scale.fit(features[few])
    settings = {"C": 1.0, "epsilon": 0.1, "kernel": "rbf", "gamma": "scale"}
    with threadpool_limits(1):
        made = SVR(**settings).fit(scale(features[few]), np.log(cases.price[few]))

    def by_svr(asked: Tastes) -> Floats:
        if not len(asked.customers):
            return np.empty(0)
        with threadpool_limits(1):
            return np.asarray(np.exp(made.predict(scale(np.log1p(asked.prices)))))

    n = len(cases.price)
    return {
        MEDIAN: Fitted(lambda asked: np.full(len(asked.customers), middle), [middle], n, {}),
        "own_median": Fitted(lambda asked: asked.prices[:, 0], [], n, {}),
        "svr": Fitted(by_svr, [made, scale.mean, scale.deviation], min(n, few.stop), settings),
    }


def _taste_features(cases: Tastes) -> Floats:
    """Return shares of the categories so far, and prices and habits as logarithms."""
    shares = cases.counts / np.maximum(cases.counts.sum(axis=1, keepdims=True), 1)
    return np.column_stack([np.sqrt(shares), np.log1p(cases.prices)])


@dataclass(frozen=True, eq=False)
class _Scale:
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, matrix: Floats) -> _Scale:
        deviation = matrix.std(axis=0)
        return cls(matrix.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, matrix: Floats) -> Floats:
        scaled: Floats = (matrix - self.mean) / self.deviation
        return scaled


def first_named(scores: Floats, k: int) -> Ints:
    """Return the places of the k highest scores of each case, the highest first; ties by place.

    >>> first_named(np.array([[0.1, 0.5, 0.5, 0.2]]), 2).tolist()
    [[1, 2]]
    """
    return np.argsort(-scores, axis=1, kind="stable")[:, :k].astype(np.int64)
