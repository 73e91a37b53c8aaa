"""A column that only the future knows never enters a training matrix."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.ml.judgement import refuse_future, refuse_oracles
from crm_tasks.ml.judgement.canary import FutureLeak

MOMENTS = np.array([1, 2, 3, 8, 9])  # the origin is 5


def features(moments, *, is_honest=True):
    """Return features of an origin at 5 from what happened at ``moments``."""
    seen = moments[moments < 5] if is_honest else moments
    return {"n": np.array([float(len(seen))]), "first": np.array([float(seen.min())])}


def test_what_stands_without_the_future_passes():
    refuse_future(features(MOMENTS), features(MOMENTS[MOMENTS < 5]), "origin 5")


def test_recency_computed_with_later_data_is_refused_by_name():
    whole = features(MOMENTS, is_honest=False)
    with pytest.raises(FutureLeak, match=r"^origin 5: n: made from facts that came later"):
        refuse_future(whole, features(MOMENTS[MOMENTS < 5], is_honest=False), "origin 5")


def test_a_column_that_appears_only_with_the_future_is_refused():
    whole = features(MOMENTS) | {"canary": np.array([1.0])}
    with pytest.raises(FutureLeak, match="canary"):
        refuse_future(whole, features(MOMENTS[MOMENTS < 5]), "origin 5")


def test_a_missing_value_is_the_same_as_a_missing_value():
    hole = {"gap": np.array([np.nan, 1.0])}
    refuse_future(hole, {"gap": np.array([np.nan, 1.0])}, "origin 5")


@pytest.mark.parametrize("shape", ["itself", "reversed", "missing where true"])
def test_the_answer_under_another_name_is_refused(shape):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 400)
    canary = {
        "itself": labels.astype(float),
        "reversed": 1.0 - labels,
        "missing where true": np.where(labels == 1, np.nan, 4.0),
    }[shape]
    matrix = np.column_stack([rng.normal(size=400) + labels, canary])
    with pytest.raises(FutureLeak, match=r"^churn: canary: tells the answer by itself"):
        refuse_oracles(("honest", "canary"), matrix, labels, 0.995, "churn")
    refuse_oracles(("honest",), matrix[:, :1], labels, 0.995, "churn")
