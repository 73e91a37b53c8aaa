"""The next order of each customer: main category and price, judged out of time and then told.

Learned anew by each run: both fits take seconds, and the same facts give the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.choices.candidates import (
    KERNEL,
    LINEAR,
    MEDIAN,
    OWN_HISTORY,
    OWN_MEDIAN,
    POPULAR,
    SUPPORT,
    Fitted,
    first_named,
    fit_categories,
    fit_prices,
)
from crm_tasks.ml.choices.rows import prediction_rows
from crm_tasks.ml.judgement import (
    HitRate,
    Judgement,
    Mean,
    TimeSplit,
    TooLittle,
    judge,
    not_judged,
    split_in_time,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.artifacts import Artifact
    from crm_tasks.ml.choices.baskets import Baskets, Tastes
    from crm_tasks.ml.choices.params import ChoiceParams
    from crm_tasks.ml.judgement.measures import Measure

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

CATEGORY, PRICE = "next_category", "next_price"
CANDIDATES = {CATEGORY: (OWN_HISTORY, LINEAR, KERNEL), PRICE: (OWN_MEDIAN, SUPPORT)}
BASELINES = {CATEGORY: POPULAR, PRICE: MEDIAN}
METRICS = {CATEGORY: "hit_rate_3", PRICE: "mae"}


@dataclass(frozen=True, eq=False)
class Chosen:
    """Rows of ml.predictions, what the registry says of the methods, and those that answer."""

    predictions: list[pa.Table] = field(default_factory=list)
    cards: list[ModelCard] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    artifacts: dict[str, Artifact] = field(default_factory=dict)

    @property
    def rows(self) -> pa.Table:
        return pa.concat_tables([PREDICTIONS.arrow_schema.empty_table(), *self.predictions])


@dataclass(frozen=True)
class _Known:
    """What both targets share."""

    as_of: dt.date
    code_sha: str
    categories: tuple[str, ...]
    split: TimeSplit
    train: Tastes
    test: Tastes
    final: Tastes


def choose(baskets: Baskets, as_of: dt.date, code_sha: str, params: ChoiceParams) -> Chosen:
    """Return the next category and price of every customer who has ordered."""
    found = Chosen()
    known = _know(baskets, as_of, code_sha, params)
    if isinstance(known, TooLittle):
        for target, names in CANDIDATES.items():
            told = (METRICS[target], BASELINES[target], names, known.reason)
            found.judgements.append(not_judged(target, *told))
        return found
    scored = baskets.tastes(as_of, 0, known.categories)
    scored = scored.take(~baskets.gone[scored.customers])
    ids = baskets.ids.combine_chunks().take(pa.array(scored.customers))
    _category(known, scored, ids, found, params)
    _price(known, scored, ids, found, params)
    return found


def _know(
    baskets: Baskets, as_of: dt.date, code_sha: str, params: ChoiceParams
) -> _Known | TooLittle:
    first = baskets.first_day() or as_of
    days = params.horizon_days
    split = split_in_time(as_of, first, days, params.history_days, params.judgement)
    if isinstance(split, TooLittle):
        return split
    names = baskets.categories(split.train_origins[-1], params.categories_at_most)
    below = baskets.digest_below(params.sample_at_most)

    def panel(origins: Sequence[dt.date]) -> Tastes:
        parts = [baskets.tastes(origin, days, names, below) for origin in reversed(origins)]
        return sum(parts[1:], parts[0])

    known = _Known(
        as_of, code_sha, names, split, panel(split.train_origins), panel((split.test_origin,)),
        panel(split.final_origins),
    )  # fmt: skip
    for name, tastes in (("training", known.train), ("test", known.test)):
        n = int((tastes.category >= 0).sum())
        if n < params.judgement.cases_at_least:
            least = params.judgement.cases_at_least
            return TooLittle(f"{name}: {n} next orders of a known category; needed are {least}")
    return known


def _category(
    known: _Known, scored: Tastes, ids: pa.Array, found: Chosen, params: ChoiceParams
) -> None:
    test = known.test.take(known.test.category > -2)  # noqa: PLR2004 (customers who ordered again)
    fitted = fit_categories(known.train, known.categories, params)
    hits: dict[str, Measure] = {
        name: HitRate(
            (first_named(one.answer(test), params.first) == test.category[:, None]).any(1)
        )
        for name, one in fitted.items()
    }
    judged = judge(CATEGORY, METRICS[CATEGORY], POPULAR, hits, params.judgement)
    again = fit_categories(known.final, known.categories, params, judged.champion)
    final = again[judged.champion]
    version = _register(CATEGORY, fitted, final, judged, known, found)
    best = first_named(final.answer(scored), 1)[:, 0]
    labels = pa.array(known.categories, pa.string()).take(pa.array(best))
    told = {"value_label": labels, "model_version": version}
    found.predictions.append(prediction_rows(CATEGORY, ids, known.as_of, told))


def _price(
    known: _Known, scored: Tastes, ids: pa.Array, found: Chosen, params: ChoiceParams
) -> None:
    test = known.test.take(~np.isnan(known.test.price))
    fitted = fit_prices(known.train, params)
    answers = {name: one.answer(test) for name, one in fitted.items()}
    losses: dict[str, Measure] = {n: Mean(np.abs(a - test.price)) for n, a in answers.items()}
    judged = judge(PRICE, METRICS[PRICE], MEDIAN, losses, params.judgement)
    final = fit_prices(known.final, params)[judged.champion]
    version = _register(PRICE, fitted, final, judged, known, found)
    price = final.answer(scored)
    # What the judged method was off by, as a factor: so far the truth lay from what was said.
    low, high = np.quantile(test.price / answers[judged.champion], [0.1, 0.9])
    told = {
        "value": pa.array(np.round(price, 4)), "p10": pa.array(np.round(price * low, 4)),
        "p90": pa.array(np.round(price * high, 4)), "model_version": version,
    }  # fmt: skip
    found.predictions.append(prediction_rows(PRICE, ids, known.as_of, told))


def _register(
    target: str,
    fitted: Mapping[str, Fitted],
    final: Fitted,
    judged: Judgement,
    known: _Known,
    found: Chosen,
) -> str:
    """Keep judgement, cards and artifact; return the version of the method that answers."""
    found.judgements.append(judged)
    version = ""
    for name, one in fitted.items():
        answers = name == judged.champion
        kept = final if answers else one
        origins = known.split.final_origins if answers else known.split.train_origins
        panel = known.final if answers else known.train
        card = ModelCard(
            target=target, family=name, status="champion" if answers else "challenger",
            parameters_sha256=kept.artifact.digest, hyperparameters=kept.settings,
            features=kept.artifact.features, code_sha=known.code_sha,
            data_hash=parameters_digest([panel.counts, panel.prices, panel.category, panel.price]),
            trained_as_of=known.as_of, horizon_days=known.split.horizon_days,
            train_from=origins[0], train_to=origins[-1],
            label_window=f"the first order in {known.split.horizon_days} days from the origin on",
            n_train=kept.n_train, n_population=len(panel.customers),
            figures={METRICS[target]: judged.values[name]}, n_judged=judged.n,
        )  # fmt: skip
        found.cards.append(card)
        version = card.version if answers else version
    found.artifacts[version] = final.artifact
    return version
