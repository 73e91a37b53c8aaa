"""Drift: whether what a model reads, or how well it does, is still what it was judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.judgement import RocArea, calibration_error
from crm_tasks.ml.propensity.panel import columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.propensity.candidates import Model
    from crm_tasks.ml.propensity.panel import Panel

    Floats = npt.NDArray[np.float64]

GROUPS = 10
#: A group nobody is in counts as this share: its logarithm must be finite.
LEAST_SHARE = 1e-4
#: Fewer recent answers say nothing of how well a model does.
RECENT_AT_LEAST = 100

#: Grow with the calendar, whatever customers do; that is no drift.
GROWING = frozenset({"customer_age_days", "n_orders", "n_reviews"})

Reference = dict[str, dict[str, list[float]]]


def reference_of(matrix: Floats, features: Sequence[str]) -> Reference:
    """Return how each feature is distributed: the edges of its tenths and the share in each."""
    found: Reference = {}
    for place, name in enumerate(features):
        column = matrix[:, place]
        known = column[~np.isnan(column)]
        tenths = np.linspace(0, 1, GROUPS + 1)[1:-1]
        edges = np.unique(np.quantile(known, tenths, method="lower")) if len(known) else np.empty(0)
        found[name] = {"edges": edges.tolist(), "shares": _shares(column, edges).tolist()}
    return found


def stability_index(reference: Reference, matrix: Floats, features: Sequence[str]) -> Floats:
    """Return the population stability index of each feature: 0 unchanged, above .25 another crowd.

    The sum over tenths of (now - then) * ln(now / then); missing values are a group of their own.

    Examples
    --------
    >>> then = np.arange(100.0)[:, None]
    >>> kept = reference_of(then, ("x",))
    >>> stability_index(kept, then, ("x",)).tolist()
    [0.0]
    >>> bool(stability_index(kept, then + 50, ("x",))[0] > 0.25)
    True
    """
    found = []
    for place, name in enumerate(features):
        then = np.maximum(np.array(reference[name]["shares"]), LEAST_SHARE)
        edges = np.array(reference[name]["edges"], dtype=np.float64)
        now = np.maximum(_shares(matrix[:, place], edges), LEAST_SHARE)
        found.append(float(((now - then) * np.log(now / then)).sum()))
    return np.array(found)


def _shares(column: Floats, edges: Floats) -> Floats:
    is_missing = np.isnan(column)
    group = np.searchsorted(edges, column, side="left")
    group = np.where(is_missing, len(edges) + 1, group)
    counts = np.bincount(group, minlength=len(edges) + 2)
    return counts / max(len(column), 1)


def monitored(
    model: Model, reference: Reference, today: Floats, recent: Panel | None
) -> Mapping[str, Any]:
    """Return what ops.model_monitoring says of a model on a day.

    Parameters
    ----------
    today : ndarray
        Features of the customers who are scored.
    recent : Panel or None
        Cases of the latest origin after training whose answer is known, if there is one.
    """
    features = tuple(reference)
    read = columns(today, features)
    index = stability_index(reference, read, features) if len(today) else np.zeros(len(features))
    furthest = int(np.argmax(index)) if len(index) else 0
    told: dict[str, Any] = {
        "n_scored": len(today),
        "psi": round(float(index.max()), 6) if len(index) else None,
        "psi_feature": features[furthest] if len(index) else None,
        "share_missing": round(float(np.isnan(read).mean()), 6) if read.size else 0.0,
        "n_recent": 0, "ece": None, "auc_recent": None,
    }  # fmt: skip
    if recent is not None and len(recent) >= RECENT_AT_LEAST:
        p = model.probabilities(recent.matrix)
        area = float(RocArea(recent.labels, p).at(np.ones((1, len(recent))))[0])
        told |= {
            "n_recent": len(recent),
            "ece": round(calibration_error(recent.labels, p), 6),
            "auc_recent": None if np.isnan(area) else round(area, 6),
        }
    return told
