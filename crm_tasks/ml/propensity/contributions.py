"""Additive contributions: what each feature adds to a prediction's log odds, exactly.

Boosted trees: each step down a tree moves the expected value of the cases that pass; the move is
the split feature's (Saabas 2014, http://blog.datadive.net/interpreting-random-forests/). Logistic
regression: coefficient times standardised value. Calibration by a sigmoid scales all parts alike;
by isotonic regression it is a part of its own, and so is the season. Parts and starting point add
up to the log odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logit

from crm_tasks.ml.propensity.candidates import Learned, RecencyTable
from crm_tasks.ml.propensity.season import Timed

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.ml.propensity.candidates import Model

    Floats = npt.NDArray[np.float64]

CALIBRATION, SEASON = "calibration", "season"


@dataclass(frozen=True, eq=False)
class Contributions:
    """Parts of the log odds of some cases.

    ``start`` (a number) plus the sum of a row of ``parts`` (cases x names) is the row's log odds.
    """

    start: float
    names: tuple[str, ...]
    parts: Floats


def contributions(model: Model, matrix: Floats) -> Contributions:
    """Return the parts of a model's log odds."""
    if isinstance(model, RecencyTable):
        start = float(logit(model.shares.mean()))
        return Contributions(start, model.features, (model.log_odds(matrix) - start)[:, None])
    if isinstance(model, Timed):
        usual = contributions(model.model, matrix)
        added = model.log_odds(matrix) - model.model.log_odds(matrix)
        names, parts = (*usual.names, SEASON), np.column_stack([usual.parts, added])
        return Contributions(usual.start, names, parts)
    if not isinstance(model, Learned):
        raise TypeError(f"no contributions for {type(model).__name__}")
    prepared = model.prepared(matrix)
    start, parts = _linear(model, prepared) if model.scaling else _trees(model.estimator, prepared)
    kept = model.calibrator
    if kept.kind == "sigmoid":
        return Contributions(kept.slope * start + kept.offset, model.features, kept.slope * parts)
    correction = model.log_odds(matrix) - (start + parts.sum(axis=1))
    return Contributions(
        start, (*model.features, CALIBRATION), np.column_stack([parts, correction])
    )


def _linear(model: Learned, prepared: Floats) -> tuple[float, Floats]:
    return float(model.estimator.intercept_[0]), prepared * model.estimator.coef_[0]


def _trees(estimator: Any, matrix: Floats) -> tuple[float, Floats]:
    start = float(np.ravel(estimator._baseline_prediction)[0])  # noqa: SLF001 (no public name)
    parts = np.zeros(matrix.shape)
    rows = np.arange(len(matrix))
    for (tree,) in estimator._predictors:  # noqa: SLF001
        nodes = tree.nodes
        expected = _expected_values(nodes)
        start += expected[0]
        at = np.zeros(len(matrix), dtype=np.int64)
        live = rows
        while len(live):
            here = at[live]
            live, here = live[nodes["is_leaf"][here] == 0], here[nodes["is_leaf"][here] == 0]
            feature = nodes["feature_idx"][here]
            value = matrix[live, feature]
            goes_left = np.where(
                np.isnan(value),
                nodes["missing_go_to_left"][here] == 1,
                value <= nodes["num_threshold"][here],
            )
            child = np.where(goes_left, nodes["left"][here], nodes["right"][here]).astype(np.int64)
            parts[live, feature] += expected[child] - expected[here]
            at[live] = child
    return start, parts


def _expected_values(nodes: Any) -> Floats:
    """Return the mean of the leaves below each node, weighted by the cases they were grown on."""
    expected: Floats = nodes["value"].astype(np.float64)
    count = nodes["count"].astype(np.float64)
    for place in range(len(nodes) - 1, -1, -1):  # children stand after their parent
        if not nodes["is_leaf"][place]:
            below = [int(nodes["left"][place]), int(nodes["right"][place])]
            expected[place] = np.dot(count[below], expected[below]) / count[below].sum()
    return expected
