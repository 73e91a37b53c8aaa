"""Models of texts in the registry: their rows of ml.models, metrics and comparisons, each run."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts.ml import MODEL_COMPARISONS, MODEL_METRICS, MODELS
from crm_tasks.ml.code import code_version
from crm_tasks.ml.judgement import not_judged
from crm_tasks.ml.texts import FAMILY, IN_FORCE, METRIC, NAIVE, TARGET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STARTER = "starter"
TERMS = ("words", "pairs of words", "runs of 2 to 5 letters", "runs of 1 to 3 Chinese characters")
NOTHING_OWN = (
    "no labels of your own to judge it by; by rule it answers until a model of your labels is "
    "better: `crm text train`"
)
ON_GENERATED = "out_of_fold: generated sentences"


@dataclass(frozen=True)
class TextCard:
    """A model of texts: which, whether it answers, and what its file tells of its making."""

    version: str
    parameters_sha256: str
    is_in_force: bool
    was_accepted: bool
    told: Mapping[str, Any]

    @property
    def family(self) -> str:
        return str(self.told["kind"])

    @property
    def status(self) -> str:
        if self.is_in_force:
            return "champion"
        return "retired" if self.was_accepted else "challenger"


def registry_rows(cards: Sequence[TextCard], as_of: dt.date) -> dict[str, pa.Table]:
    """Return what models of texts contribute to the registry; empty tables without any.

    Parameters
    ----------
    cards : sequence of TextCard
        The newest first.
    """
    rows = {
        MODELS: [_model(card, as_of) for card in cards],
        MODEL_METRICS: [row for card in cards for row in _metrics(card)],
        MODEL_COMPARISONS: list(_comparisons(cards)),
    }
    return {
        table.full_name: pa.Table.from_pylist(
            [{**row, "as_of_date": as_of} for row in own], schema=table.arrow_schema
        )
        for table, own in rows.items()
    }


def _model(card: TextCard, as_of: dt.date) -> dict[str, Any]:
    told = card.told
    return {
        "model_version": card.version, "target": TARGET, "family": card.family,
        "status": card.status, "hyperparameters": json.dumps({"classifier": "linear SVM", **{
            name: told[name] for name in ("split", "made_of") if told.get(name)}}, sort_keys=True),
        "features": json.dumps(TERMS),
        "feature_set_version": sha256(json.dumps(TERMS).encode()).hexdigest()[:12],
        "train_from": _date(told.get("train_from")), "train_to": _date(told.get("train_to")),
        "label_window": "what somebody said the message wants",
        "n_train": told["n_texts"], "n_population": len(told.get("learnt_from", ())) or None,
        "code_sha": code_version("../text"),
        "data_hash": told.get("data_hash", "generated"),
        "parameters_sha256": card.parameters_sha256,
        "trained_as_of": _date(told.get("trained_as_of")) or as_of,
    }  # fmt: skip


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _metrics(card: TextCard) -> Iterator[dict[str, Any]]:
    known = {"model_version": card.version, "target": TARGET}
    for metric, (value, low, high) in card.told.get("figures", {}).items():
        yield {
            **known, "split": f"held_out:{card.told['split']}", "metric": metric, "value": value,
            "ci_low": low, "ci_high": high, "n": card.told["n_judged"],
        }  # fmt: skip
    if card.family == STARTER:
        own = card.told["out_of_fold"][TARGET]
        for metric in ("accuracy", "macro_f1", "ece", "coverage", "accuracy_named"):
            yield {**known, "split": ON_GENERATED, "metric": metric, "value": own[metric],
                   "n": own["n"]}  # fmt: skip


def _comparisons(cards: Sequence[TextCard]) -> Iterator[dict[str, Any]]:
    """Yield the starter's row, and those of the model of own labels that was trained last."""
    for card in cards:
        if card.family == STARTER:
            (row,) = not_judged(TARGET, METRIC, NAIVE, [STARTER], NOTHING_OWN).rows
            yield {**row, "is_champion": card.is_in_force}
    last = next((card for card in cards if card.family == FAMILY), None)
    if last is not None:
        judged = _date(last.told["trained_as_of"])
        for row in last.told["comparisons"]:
            answers = {FAMILY: last.is_in_force, IN_FORCE: not last.is_in_force}
            yield {**row, "is_champion": answers[row["candidate"]], "judged_as_of": judged}
