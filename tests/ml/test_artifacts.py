"""Models go to bytes and back without pickle, are told apart by what they learned, or refused."""

from __future__ import annotations

import warnings
from datetime import timedelta

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from crm_tasks.errors import RunStateError
from crm_tasks.ml.artifacts import Artifact, parameters_digest

RNG = np.random.default_rng(1)
X = RNG.normal(size=(120, 3))
Y = (X[:, 0] + RNG.normal(size=120) > 0).astype(int)

MODELS = {
    "boosted": lambda: HistGradientBoostingClassifier(max_iter=5, random_state=0),
    "boosted_amounts": lambda: HistGradientBoostingRegressor(max_iter=5, random_state=0),
    "forest": lambda: RandomForestClassifier(4, min_samples_leaf=5, random_state=0),
    "forest_of_dates": lambda: RandomForestRegressor(4, min_samples_leaf=5, random_state=0),
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "linear_svc": LinearSVC,
    "svc": SVC,
    "svr": SVR,
    "tree": lambda: DecisionTreeClassifier(max_depth=2, random_state=0),
    "network": lambda: MLPClassifier((4,), max_iter=5, random_state=0),
}


def fitted(name, y=Y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # five iterations are not meant to converge
        return MODELS[name]().fit(X, y)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_with_the_same_answers_and_digest(name):
    made = Artifact(fitted(name), ("a", "b", "c"), {"offset": 0.25})
    again = Artifact.from_bytes(made.to_bytes(), made.digest)
    assert again.estimator.predict(X).tolist() == made.estimator.predict(X).tolist()
    assert (again.features, again.told) == (made.features, made.told)
    assert again.digest == made.digest


@pytest.mark.parametrize("name", MODELS)
def test_the_same_fit_has_the_same_digest_and_another_fit_another(name):
    one, same = (Artifact(fitted(name), ("a",), {}).digest for _ in range(2))
    other = Artifact(fitted(name, 1 - Y), ("a",), {}).digest
    assert one == same != other


def test_numbers_told_beside_a_model_come_back_as_what_they_were_registered_as():
    made = Artifact(None, ("a",), {"alpha": np.float64(4.4), "points": [1, np.float64(2)]})
    assert Artifact.from_bytes(made.to_bytes(), made.digest).told == made.told


def test_a_setting_or_a_feature_changes_the_digest():
    model = fitted("logistic")
    digests = {
        Artifact(model, ("a",), {}).digest,
        Artifact(model, ("b",), {}).digest,
        Artifact(model, ("a",), {"x": 1}).digest,
        Artifact(None, ("a",), {}).digest,
    }
    assert len(digests) == 4


def test_an_archive_of_other_types_is_refused_before_it_is_made():
    content = skops.io.dumps({"estimator": timedelta(1), "features": [], "told": "{}"})
    with pytest.raises(RunStateError, match=r"made of .*timedelta.*train it again"):
        Artifact.from_bytes(content)


def test_a_model_that_is_not_the_registered_one_is_refused():
    content = Artifact(fitted("tree"), ("a",), {}).to_bytes()
    with pytest.raises(RunStateError, match="registered are 000000000000"):
        Artifact.from_bytes(content, "0" * 64)


def test_the_bytes_between_aligned_fields_do_not_count():
    kind = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    one, other = np.zeros(1, kind), np.zeros(1, kind)
    other.view("u1")[1:8] = 255  # between the first field and the second
    assert one.tobytes() != other.tobytes()
    assert parameters_digest(one) == parameters_digest(other)
