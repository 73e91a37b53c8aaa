"""The date of each customer's next purchase, judged out of time and never before the as-of date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.code import code_version
from crm_tasks.ml.judgement import (
    Interval,
    Judgement,
    JudgementParams,
    Mean,
    calibration_error,
    judge,
    log_losses,
    not_judged,
    reliability,
)
from crm_tasks.ml.timing.hazard import (
    FEATURES,
    FOREST,
    Hazard,
    days_until_next,
    features_at,
    fit_date_forest,
    fit_forest_classifier,
    mean_gap,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]

TARGET, WITHIN = "next_purchase_date", "buys_within:30d"
OWN_GAP, HAZARD, DATE_FOREST, FOREST_NAME = (
    "own_gap",
    "hazard",
    "random_forest_date",
    "random_forest",
)
BASE_RATE = "base_rate"
WINDOW, HORIZON, FARTHEST = 90, 30, 365
LEARNING_DAYS = 60


@dataclass(frozen=True, eq=False)
class TimingOutlook:
    """What is said of next purchases: rows of ml.predictions, judgements, cards."""

    predictions: pa.Table
    judgements: tuple[Judgement, Judgement]
    cards: tuple[ModelCard, ...]


def next_purchases(
    days: PurchaseDays, as_of: dt.date, judging: JudgementParams, at_most: int = 400_000
) -> TimingOutlook:
    """Return each customer's next purchase: the date by which half of such customers have bought.

    Learned from the period before the last, judged by the last; the model that answers learns from
    the last. ``at_most`` rows of customers and weeks are learned from.
    """
    end = (as_of - days.first_day).days
    window = min(WINDOW, (end - LEARNING_DAYS) // 2)
    seen = days.until(end)
    before = days.until(max(end - 2 * window, 0))
    if window < HORIZON or len(before.x) < judging.cases_at_least:
        return _naive(days, seen, as_of, _too_little(window, before, judging))
    test = days.until(end - window)
    known = days_until_next(days, before, end - window)
    learned, tested = features_at(days, before), features_at(days, test)
    came = days_until_next(days, test, end)
    hazard = Hazard.fit(learned, known, window, at_most)
    dates = _days_by_date(learned, known, before, tested, test, judging.seed)
    said = {
        OWN_GAP: np.maximum(test.last + mean_gap(test) - test.end, 0),
        HAZARD: hazard.days_at(tested, 0.5, FARTHEST),
        DATE_FOREST: dates,
    }
    # Who did not buy in the period would have been waited for at least that long.
    errors = {name: Mean(np.abs(np.clip(one, -np.inf, window) - np.minimum(came, window)))
              for name, one in said.items()}  # fmt: skip
    timing = judge(TARGET, "mae_days", OWN_GAP, errors, judging, preference=(HAZARD,))
    buys = (known < HORIZON).astype(np.int64)
    forest = fit_forest_classifier(learned, buys, judging.seed)
    shares = {BASE_RATE: np.full(len(came), buys.mean()), HAZARD: hazard.p_within(tested, HORIZON),
              FOREST_NAME: forest.predict_proba(tested)[:, -1]}  # fmt: skip
    bought = (came < HORIZON).astype(np.int64)
    losses = {name: Mean(log_losses(bought, p)) for name, p in shares.items()}
    within = judge(WITHIN, "log_loss", BASE_RATE, losses, judging)
    final = Hazard.fit(tested, came, window, at_most)
    answers = final if timing.champion == HAZARD else None
    cards = _cards(final, (timing, within), shares, bought, days, test)
    naive = _naive_card(days, seen, timing, as_of)
    version = (naive if answers is None else cards[0]).version
    rows = _rows(days, seen, answers, version, as_of)
    return TimingOutlook(rows, (timing, within), (*cards, naive))


def _too_little(window: int, before: Seen, judging: JudgementParams) -> str:
    if window < HORIZON:
        needed = LEARNING_DAYS + 2 * HORIZON
        return f"a judgement needs {needed} days: to learn from, to be answered, to be judged by"
    return f"{len(before.x)} customers at the first origin; {judging.cases_at_least} are needed"


def _naive(days: PurchaseDays, seen: Seen, as_of: dt.date, reason: str) -> TimingOutlook:
    timing = not_judged(TARGET, "mae_days", OWN_GAP, (HAZARD, DATE_FOREST), reason)
    within = not_judged(WITHIN, "log_loss", BASE_RATE, (HAZARD, FOREST_NAME), reason)
    naive = _naive_card(days, seen, timing, as_of)
    rows = _rows(days, seen, None, naive.version, as_of)
    # Of nobody nothing was learned: there is no model to register.
    return TimingOutlook(rows, (timing, within), (naive,) if len(seen.x) else ())


def _days_by_date(
    learned: Floats, known: Floats, before: Seen, tested: Floats, test: Seen, seed: int
) -> Floats:
    """Return what a forest of dates says, in days from the end of ``test``: never above 0."""
    is_seen = np.isfinite(known)
    if not is_seen.any():
        return np.zeros(len(tested))
    forest = fit_date_forest(learned[is_seen], before.end + known[is_seen], seed)
    with threadpool_limits(1):
        return np.asarray(forest.predict(tested) - test.end, dtype=np.float64)


def _rows(
    days: PurchaseDays, seen: Seen, hazard: Hazard | None, version: str, as_of: dt.date
) -> pa.Table:
    """Return the rows of ml.predictions: a date that is the as-of date or later."""
    n = len(seen.x)
    if hazard is None:
        waits = np.clip(seen.last + mean_gap(seen) - seen.end, 0, FARTHEST)
        low = high = nothing = pa.nulls(n, pa.float64())
        probability = nothing
    else:
        features = features_at(days, seen)
        waits, low, high = (hazard.days_at(features, q, FARTHEST).round() for q in (0.5, 0.1, 0.9))
        probability = hazard.p_within(features, HORIZON).round(6)
    whole = np.floor(waits + 0.5).astype(np.int64)
    date = np.datetime64(as_of, "D") + whole
    ids = days.ids.take(pa.array(seen.customer))
    told = {
        "prediction_id": pc.binary_join_element_wise(ids, f"{TARGET}:0", ":"),
        "customer_id": ids,
        "target": pa.repeat(TARGET, n),
        "horizon_days": pa.array(np.zeros(n, np.int32)),
        "value": whole.astype(np.float64),
        "value_label": date.astype(str).tolist(),
        "probability": probability,
        "log_odds": pa.nulls(n, pa.float64()),
        "p10": low,
        "p90": high,
        "model_version": pa.repeat(version, n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
    }
    arrays = [pa.array(told[f.name], f.type) if isinstance(told[f.name], list) else told[f.name]
              for f in PREDICTIONS.arrow_schema]  # fmt: skip
    return pa.table(dict(zip(PREDICTIONS.column_names, arrays, strict=True)))


def _cards(
    hazard: Hazard,
    judged: tuple[Judgement, Judgement],
    shares: Mapping[str, Floats],
    bought: npt.NDArray[np.int64],
    days: PurchaseDays,
    test: Seen,
) -> tuple[ModelCard, ...]:
    (timing, within), end = judged, test.end
    told = hazard.told()
    as_of = days.first_day + dt.timedelta(days=end + hazard.window)
    data_hash = _data_hash(days, end + hazard.window)
    shared: dict[str, Any] = {
        "features": FEATURES, "code_sha": code_version("timing"), "data_hash": data_hash,
        "trained_as_of": as_of, "train_to": as_of - dt.timedelta(days=1),
        "train_from": days.first_day, "n_train": len(test.x), "n_population": len(test.x),
    }  # fmt: skip
    error = calibration_error(bought, shares[HAZARD])
    dated = ModelCard(
        target=TARGET, family=HAZARD,
        status="champion" if timing.champion == HAZARD else "challenger",
        parameters_sha256=parameters_digest(told), hyperparameters=told,
        label_window="first week with a purchase", n_judged=timing.n,
        figures={"mae_days": timing.values[HAZARD],
                 "ece_30d": Interval(*(round(error, 6),) * 3)},
        bins=reliability(bought, shares[HAZARD]), **shared,
    )  # fmt: skip
    forest = ModelCard(
        target=WITHIN, family=FOREST_NAME,
        status="champion" if within.champion == FOREST_NAME else "challenger",
        # Trees follow from data, code and settings; no artifact of them is kept.
        parameters_sha256=parameters_digest([FOREST, data_hash, code_version("timing")]),
        hyperparameters=FOREST, horizon_days=HORIZON, n_judged=within.n,
        label_window=f"a purchase within {HORIZON} days",
        figures={"log_loss": within.values[FOREST_NAME]},
        bins=reliability(bought, shares[FOREST_NAME]), **shared,
    )  # fmt: skip
    return dated, forest


def _naive_card(days: PurchaseDays, seen: Seen, timing: Judgement, as_of: dt.date) -> ModelCard:
    """Return the card of the naive method: each customer waits the mean gap of their own."""
    settings, data_hash = {"farthest_days": FARTHEST}, _data_hash(days, seen.end)
    code = code_version("timing")
    return ModelCard(
        target=TARGET, family=OWN_GAP,
        status="champion" if timing.champion == OWN_GAP else "challenger",
        # Gaps follow from data, code and settings; no artifact of them is kept.
        parameters_sha256=parameters_digest([settings, data_hash, code]),
        hyperparameters=settings, features=("days_since_last", "mean_gap"), code_sha=code,
        data_hash=data_hash, trained_as_of=as_of, train_from=days.first_day,
        train_to=as_of - dt.timedelta(days=1), label_window="gaps between purchases, all history",
        n_train=len(seen.x), n_population=len(seen.x), n_judged=timing.n,
        figures={"mae_days": timing.values[OWN_GAP]} if timing.n else {},
    )  # fmt: skip


def _data_hash(days: PurchaseDays, end: int) -> str:
    here = days.day < end
    return parameters_digest([days.customer[here], days.day[here]])
