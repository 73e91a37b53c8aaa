"""All of customer value in one call: judged, fitted on what is known today, scored, registered."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.artifacts import parameters_digest
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


@dataclass(frozen=True, eq=False)
class ValueOutlook:
    """What the step of customer value writes: rows of ml.clv, judgements, the models' cards."""

    clv: pa.Table
    judged: ValueJudgement
    cards: tuple[ModelCard, ...]
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
    boosted = None
    if judged.days and any(row["candidate"] == BOOSTED for row in judged.ranking.rows):
        learned = fit_ranking(days, days.until(end - judged.days), end, params)
        boosted = expected_amounts(learned, days, seen)
    rows = worth_of_customers(
        days, seen, champion, boosted, params, as_of=as_of, currency_code=currency_code
    )
    cards = tuple(_card(model, judged, days, seen, as_of) for model in fitted.values())
    if boosted is not None:
        cards += (_boosted_card(judged, params, days, end, as_of),)
    return ValueOutlook(rows, judged, cards, OWN_RATE if champion is None else champion.name)


def parameters_of(model: ValueModel) -> dict[str, Any]:
    """Return everything a value model answers by, as plain numbers."""
    spending = {} if model.spending is None else asdict(model.spending)
    told = {**asdict(model.buying), **{f"spending_{name}": v for name, v in spending.items()}}
    told["has_calendar"] = not model.clock.is_plain
    return {name: round(v, 9) if isinstance(v, float) else v for name, v in told.items()}


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
        parameters_sha256=parameters_digest([told, model.clock.reading.round(9)]),
        hyperparameters=told, features=("frequency", "recency", "T", "mean_repeat_amount"),
        code_sha=code_version("value"), data_hash=_data_hash(days, seen.end), trained_as_of=as_of,
        horizon_days=365, train_from=days.first_day, train_to=as_of - dt.timedelta(days=1),
        label_window="days with a purchase after the first, all history", n_train=model.n_fitted,
        n_population=len(seen.x), figures=figures, n_judged=judged.purchases.n,
        bins=judged.bins.get(model.name, ()),
    )  # fmt: skip


def _boosted_card(
    judged: ValueJudgement, params: ValueParams, days: PurchaseDays, end: int, as_of: dt.date
) -> ModelCard:
    origin = as_of - dt.timedelta(days=judged.days)
    n = len(days.until(end - judged.days).x)
    settings = {"max_iter": 80, "learning_rate": 0.06, "max_leaf_nodes": 15, "seed": params.seed}
    data_hash = _data_hash(days, end)
    return ModelCard(
        target=judged.ranking_target, family=BOOSTED,
        status="champion" if judged.ranking.champion == BOOSTED else "challenger",
        # Trees follow from data, code and settings; no artifact of them is kept.
        parameters_sha256=parameters_digest([settings, data_hash, code_version("value")]),
        hyperparameters=settings, features=FEATURES, code_sha=code_version("value"),
        data_hash=data_hash, trained_as_of=as_of, horizon_days=judged.days, train_from=origin,
        train_to=origin, label_window=f"net amount of the {judged.days} days after {origin}",
        n_train=min(n, params.customers_at_most), n_population=n,
        figures={"top_tenth_share": judged.ranking.values[BOOSTED]}, n_judged=judged.ranking.n,
    )  # fmt: skip


def _data_hash(days: PurchaseDays, end: int) -> str:
    here = days.day < end
    told = [days.customer[here], days.day[here], days.amount[here].round(2)]
    return parameters_digest([np.ascontiguousarray(one) for one in told])
