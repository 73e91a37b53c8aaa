"""A model's card: what ml.models says of it, and its figures in ml.model_metrics."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from crm_tasks.contracts.ml import MODEL_METRICS, MODELS, RELIABILITY_BINS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

    from crm_tasks.ml.judgement import Interval

Status = Literal["champion", "challenger", "retired"]
OUT_OF_TIME = "out_of_time"
VERSION_LENGTH = 12


@dataclass(frozen=True, eq=False)
class ModelCard:
    """One model: what it predicts, from what, learned when, and how good it was out of time.

    Attributes
    ----------
    target, family : str
        As target and candidate in ml.model_comparisons.
    figures : mapping of str to Interval
        By metric, out of time.
    bins : sequence of dict
        Its reliability table (``judgement.reliability``); none for values.
    has_picture : bool
        Whether its own step draws it.
    """

    target: str
    family: str
    status: Status
    parameters_sha256: str
    hyperparameters: Mapping[str, Any]
    features: tuple[str, ...]
    code_sha: str
    data_hash: str
    trained_as_of: dt.date
    horizon_days: int | None = None
    train_from: dt.date | None = None
    train_to: dt.date | None = None
    label_window: str | None = None
    n_train: int | None = None
    n_population: int | None = None
    has_picture: bool = False
    figures: Mapping[str, Interval] = field(default_factory=dict)
    n_judged: int = 0
    bins: Sequence[Mapping[str, Any]] = ()

    @property
    def version(self) -> str:
        """Target, family and the beginning of the digest of all that decides what it answers."""
        told = f"{self.target}|{self.family}|{self.trained_as_of}|{self.parameters_sha256}"
        digest = hashlib.sha256(told.encode()).hexdigest()[:VERSION_LENGTH]
        return f"{self.target}:{self.family}:{digest}"

    @property
    def is_drawn(self) -> bool:
        """Whether it has a picture: a champion with probabilities, or whose own step draws it."""
        return self.has_picture or (self.status == "champion" and bool(self.bins))

    @property
    def feature_set_version(self) -> str:
        """Digest of the names of the features in their order."""
        return hashlib.sha256(json.dumps(self.features).encode()).hexdigest()[:VERSION_LENGTH]


def picture_name(model_version: str) -> str:
    """Return the file name of a model's picture.

    >>> picture_name("forecast:units:best_of_backtest:0a1b")
    'forecast-units-best_of_backtest-0a1b.svg'
    """
    return re.sub(r"[^A-Za-z0-9_.+-]+", "-", model_version) + ".svg"


def model_rows(cards: Iterable[ModelCard], as_of: dt.date) -> pa.Table:
    """Return the rows of ml.models."""
    plain = (
        "target", "family", "status", "feature_set_version", "horizon_days", "train_from",
        "train_to", "label_window", "n_train", "n_population", "code_sha", "data_hash",
        "parameters_sha256", "trained_as_of",
    )  # fmt: skip
    rows = [
        {name: getattr(card, name) for name in plain}
        | {
            "model_version": card.version,
            "hyperparameters": json.dumps(card.hyperparameters, sort_keys=True),
            "features": json.dumps(card.features),
            "picture": picture_name(card.version) if card.is_drawn else None,
            "as_of_date": as_of,
        }
        for card in cards
    ]
    return pa.Table.from_pylist(rows, schema=MODELS.arrow_schema)


def metric_rows(cards: Iterable[ModelCard], as_of: dt.date) -> pa.Table:
    """Return the rows of ml.model_metrics."""
    rows = [
        {
            "model_version": card.version, "target": card.target, "split": OUT_OF_TIME,
            "metric": metric, "value": found.value, "ci_low": found.low, "ci_high": found.high,
            "n": card.n_judged, "as_of_date": as_of,
        }
        for card in cards
        for metric, found in card.figures.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=MODEL_METRICS.arrow_schema)


def reliability_rows(cards: Iterable[ModelCard], as_of: dt.date) -> pa.Table:
    """Return the rows of ml.reliability_bins."""
    rows = [
        {"model_version": card.version, "target": card.target, **row, "as_of_date": as_of}
        for card in cards
        for row in card.bins
    ]
    return pa.Table.from_pylist(rows, schema=RELIABILITY_BINS.arrow_schema)


def data_digest(*arrays: np.ndarray[Any, Any]) -> str:
    """Return the digest of the rows a model learned from."""
    from crm_tasks.ml.artifacts import parameters_digest

    return parameters_digest(list(arrays))
