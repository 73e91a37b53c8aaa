"""All of customer value in one call: judged, fitted on what is known today, scored, registered."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.artifacts import Artifact, parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.code import code_version
from crm_tasks.ml.value.judged import BOOSTED, OWN_RATE, ValueJudgement, judge_value
from crm_tasks.ml.value.model import KINDS, ValueModel, ValueParams, fit_value
from crm_tasks.ml.value.ranking import FEATURES, expected_amounts, fit_ranking
from crm_tasks.ml.value.worth import worth_of_customers

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.ml.judgement import JudgementParams
    from crm_tasks.ml.value.histories import PurchaseDays, Seen


HISTORY = ("frequency", "recency", "T", "mean_repeat_amount")


@dataclass(frozen=True, eq=False)
class ValueOutlook:
    """What the step of customer value writes: rows of ml.clv, judgements, cards, artifacts."""

    clv: pa.Table
    judged: ValueJudgement
    cards: tuple[ModelCard, ...]
    artifacts: dict[str, Artifact]
    method: str


def value_outlook(
    days: PurchaseDays,
    as_of: dt.date,
    currency_code: str,
    params: ValueParams,
    judging: JudgementParams,
) -> ValueOutlook:
    """Return what is expected of every customer with a dated purchase."""
    end = (as_of - days.first_day).days
    seen = days.until(end)
    judged = judge_value(days, end, params, judging)
    fitted = {}
    for kind in KINDS if judged.days else ():
        model = fit_value(seen, days.weekday_of_first, params, kind, ahead=params.horizons[-1])
        if model is not None:
            fitted[model.name] = model
    champion = fitted.get(judged.champion)
    boosted = ranking = None
    if judged.days and any(row["candidate"] == BOOSTED for row in judged.ranking.rows):
        learned = fit_ranking(days, days.until(end - judged.days), end, params)
        boosted = expected_amounts(learned, days, seen)
        ranking = Artifact(learned, FEATURES, {"family": BOOSTED, "days": judged.days})
    rows = worth_of_customers(
        days, seen, champion, boosted, params, as_of=as_of, currency_code=currency_code
    )
    learners = [(_card(one, judged, days, seen, as_of), artifact_of(one))
                for one in fitted.values()]  # fmt: skip
    if ranking is not None:
        learners.append((_boosted_card(judged, params, days, end, as_of, ranking), ranking))
    # The boosted ranking answers beside the model of value, in a column of its own.
    kept = {card.version: artifact for card, artifact in learners
            if card.status == "champion" or card.family == BOOSTED}  # fmt: skip
    method = OWN_RATE if champion is None else champion.name
    return ValueOutlook(rows, judged, tuple(card for card, _ in learners), kept, method)


def parameters_of(model: ValueModel) -> dict[str, Any]:
    """Return everything a value model answers by, as plain numbers."""
    spending = {} if model.spending is None else asdict(model.spending)
    told = {**asdict(model.buying), **{f"spending_{name}": v for name, v in spending.items()}}
    told["has_calendar"] = not model.clock.is_plain
    return {name: round(v, 9) if isinstance(v, float) else v for name, v in told.items()}


def artifact_of(model: ValueModel) -> Artifact:
    """Return a value model as plain data: its parameters, and the readings of its clock."""
    told = {"family": model.name, **parameters_of(model)}
    return Artifact(None, HISTORY, told | {"clock": model.clock.reading.round(9).tolist()})


def _card(
    model: ValueModel, judged: ValueJudgement, days: PurchaseDays, seen: Seen, as_of: dt.date
) -> ModelCard:
    told = parameters_of(model)
    figures = dict(judged.figures.get(model.name, {}))
    if model.name in judged.purchases.values:
        figures["mse"] = judged.purchases.values[model.name]
    if model.name in judged.ranking.values:
        figures["top_tenth_share"] = judged.ranking.values[model.name]
    return ModelCard(
        target=judged.target, family=model.name,
        status="champion" if model.name == judged.champion else "challenger",
        parameters_sha256=artifact_of(model).digest, hyperparameters=told, features=HISTORY,
        code_sha=code_version("value"), data_hash=_data_hash(days, seen.end), trained_as_of=as_of,
        horizon_days=365, train_from=days.first_day, train_to=as_of - dt.timedelta(days=1),
        label_window="days with a purchase after the first, all history", n_train=model.n_fitted,
        n_population=len(seen.x), figures=figures, n_judged=judged.purchases.n,
        bins=judged.bins.get(model.name, ()),
    )  # fmt: skip


def _boosted_card(
    judged: ValueJudgement,
    params: ValueParams,
    days: PurchaseDays,
    end: int,
    as_of: dt.date,
    artifact: Artifact,
) -> ModelCard:
    origin = as_of - dt.timedelta(days=judged.days)
    n = len(days.until(end - judged.days).x)
    settings = {"max_iter": 80, "learning_rate": 0.06, "max_leaf_nodes": 15, "seed": params.seed}
    return ModelCard(
        target=judged.ranking_target, family=BOOSTED,
        status="champion" if judged.ranking.champion == BOOSTED else "challenger",
        parameters_sha256=artifact.digest, hyperparameters=settings, features=FEATURES,
        code_sha=code_version("value"), data_hash=_data_hash(days, end), trained_as_of=as_of,
        horizon_days=judged.days, train_from=origin, train_to=origin,
        label_window=f"net amount of the {judged.days} days after {origin}",
        n_train=min(n, params.customers_at_most), n_population=n,
        figures={"top_tenth_share": judged.ranking.values[BOOSTED]}, n_judged=judged.ranking.n,
    )  # fmt: skip


def _data_hash(days: PurchaseDays, end: int) -> str:
    here = days.day < end
    told = [days.customer[here], days.day[here], days.amount[here].round(2)]
    return parameters_digest([np.ascontiguousarray(one) for one in told])
