"""All of one as-of date: customers scored, the unusual ones with reasons, rows of the registry."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml import PREDICTION_REASONS, PREDICTIONS
from crm_tasks.ml.anomalies.histories import histories_at
from crm_tasks.ml.anomalies.judged import METRIC, NAIVE, OWN_HISTORY, TARGET, Judged, judge_methods
from crm_tasks.ml.anomalies.surprise import NAMES, against_everybody, against_own_history
from crm_tasks.ml.anomalies.wording import told_of
from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.cards import ModelCard, data_digest
from crm_tasks.ml.code import code_version

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.anomalies.histories import Histories
    from crm_tasks.ml.anomalies.params import AnomalyParams
    from crm_tasks.ml.anomalies.surprise import Surprise
    from crm_tasks.ml.judgement import Judgement, JudgementParams

UNUSUAL = "unusual"
METHODS = {OWN_HISTORY: against_own_history, NAIVE: against_everybody}


@dataclass(frozen=True, eq=False)
class Anomalies:
    """Rows of ml.predictions and ml.prediction_reasons, the judgement, the cards."""

    predictions: pa.Table
    reasons: pa.Table
    judgement: Judgement
    cards: tuple[ModelCard, ...]


def find_anomalies(
    scratch: Scratch,
    as_of: dt.date,
    time_zone: str,
    params: AnomalyParams,
    judging: JudgementParams,
) -> Anomalies:
    """Return who is unusual as of a date.

    Parameters
    ----------
    scratch : Scratch
        With core.fct_orders as ``orders``.
    """
    before = as_of - dt.timedelta(days=params.window_days)
    judged = judge_methods(histories_at(scratch, before, time_zone, params), params, judging)
    told = histories_at(scratch, as_of, time_zone, params)
    method = judged.judgement.champion
    cards = tuple(_card(name, judged, told, as_of, params) for name in METHODS)
    version = next(card.version for card in cards if card.status == "champion")
    found = METHODS[method](told, params)
    flagged = _flagged(found, params)
    return Anomalies(
        _predictions(told, found, flagged, version, as_of),
        _reasons(told, found, flagged, method, as_of, params),
        judged.judgement,
        cards if len(told) else (),
    )


def _flagged(found: Surprise, params: AnomalyParams) -> npt.NDArray[np.int64]:
    """Return the places of the unusual customers, the most surprising first."""
    n = int(params.flagged_share * len(found.score))
    return np.argsort(-found.score, kind="stable")[:n]


def _predictions(
    told: Histories,
    found: Surprise,
    flagged: npt.NDArray[np.int64],
    version: str,
    as_of: dt.date,
) -> pa.Table:
    n = len(told)
    label = np.full(n, None, dtype=object)
    label[flagged] = UNUSUAL
    ids = told.ids.to_pylist()
    nothing = pa.nulls(n, pa.float64())
    columns = {
        "prediction_id": _prediction_ids(ids),
        "customer_id": ids,
        "target": pa.repeat(TARGET, n),
        "horizon_days": np.zeros(n, dtype=np.int32),
        "value": found.score,
        "value_label": pa.array(label, pa.string()),
        "probability": nothing,
        "log_odds": nothing,
        "p10": nothing,
        "p90": nothing,
        "model_version": pa.repeat(version, n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
    }
    return pa.table(columns, schema=PREDICTIONS.arrow_schema)


def _prediction_ids(ids: list[str]) -> list[str]:
    return [f"{one}:{TARGET}:0" for one in ids]


def _reasons(
    told: Histories,
    found: Surprise,
    flagged: npt.NDArray[np.int64],
    method: str,
    as_of: dt.date,
    params: AnomalyParams,
) -> pa.Table:
    ids = _prediction_ids(told.ids.take(pa.array(flagged)).to_pylist())
    rows = []
    for prediction_id, place in zip(ids, flagged.tolist(), strict=True):
        order = np.argsort(-found.parts[place], kind="stable")
        for rank, column in enumerate(order.tolist(), 1):
            late, usual = float(found.late[place, column]), float(found.expected[place, column])
            english, chinese = told_of(
                NAMES[column], late, usual, params.window_days, is_own=method == OWN_HISTORY
            )
            rows.append({
                "prediction_id": prediction_id, "rank": rank, "feature": NAMES[column],
                "feature_value": None if np.isnan(late) else round(late, 6),
                "contribution": float(found.parts[place, column]),
                "text_en": english, "text_zh": chinese, "as_of_date": as_of,
            })  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PREDICTION_REASONS.arrow_schema)


def _card(
    name: str, judged: Judged, told: Histories, as_of: dt.date, params: AnomalyParams
) -> ModelCard:
    """Return the card of a method that gives reasons; both follow from data, code and settings."""
    settings, code = asdict(params), code_version("anomalies")
    data = data_digest(told.days_before, told.n_before, told.mean, told.squares)
    window = dt.timedelta(days=params.window_days)
    is_judged = judged.judgement.n > 0
    figures = {}
    if is_judged:
        figures = {METRIC: judged.judgement.values[name],
                   "precision_injected": judged.precision[name]}  # fmt: skip
    return ModelCard(
        target=TARGET, family=name,
        status="champion" if name == judged.judgement.champion else "challenger",
        parameters_sha256=parameters_digest([name, settings, data, code]),
        hyperparameters=settings, features=NAMES, code_sha=code, data_hash=data,
        trained_as_of=as_of, train_to=as_of - window - dt.timedelta(days=1),
        label_window=f"the {params.window_days} days before the as-of date",
        n_train=len(told), n_population=len(told), n_judged=judged.judgement.n, figures=figures,
    )  # fmt: skip
