"""Uplift learned from every closed randomised campaign, judged on customers no model had seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.evaluation import UPLIFT_CURVES, UPLIFT_FORECASTS
from crm_tasks.contracts.ml import MODEL_COMPARISONS
from crm_tasks.contracts.ml_uplift import UPLIFT
from crm_tasks.evaluation.customer_features import customer_features
from crm_tasks.evaluation.qini import qini_curve
from crm_tasks.evaluation.results import Played
from crm_tasks.ml.judgement import verdict
from crm_tasks.ml.uplift import (
    ANY,
    LEARNERS,
    Basis,
    Forecast,
    Sample,
    covariance_of_refits,
    cross_fitted,
    fit_uplift,
    folds_of,
    rank_within,
    spread,
    uplift_class,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.evaluation.campaigns import Campaign
    from crm_tasks.evaluation.tie_log import TieLog
    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.ml.uplift import Uplift

#: Outcomes that uplift is learned of, the first that a closed randomised campaign has is taken.
OUTCOMES = ("converted", "value")
#: Below so many customers in an arm no model is fitted.
ARM_AT_LEAST = 50
CLUSTERS_AT_LEAST = 8
NORMAL_95 = 1.959964
DECIMALS = 6
#: Campaign of the curve over all of them.
ANY_CAMPAIGN = "all"
_EPOCH = date(1970, 1, 1)
SEED = 1


@dataclass(frozen=True, eq=False)
class Lesson:
    """What can be learned from: campaigns, their units stacked, and the sample they make."""

    outcome: str
    campaigns: list[Campaign]
    sample: Sample
    customer: Ints
    fold: Ints

    @property
    def net_outcome(self) -> Floats:
        """The outcome less what came along ties, by each campaign's own exposure regression."""
        s = self.sample
        if not s.exposure.shape[1]:
            return s.outcome
        found = s.outcome.copy()
        for number in np.unique(s.action):
            here = s.action == number
            columns = np.column_stack([np.ones(here.sum()), s.is_treated[here], s.exposure[here]])
            slope = np.linalg.lstsq(columns, s.outcome[here], rcond=None)[0][2]
            found[here] -= slope * s.exposure[here, 0]
        return found


def teaching(campaigns: Sequence[Campaign]) -> tuple[str, list[Campaign]]:
    """Return the outcome to learn of and the closed randomised campaigns that can teach it."""
    closed = [c for c in campaigns if c.evidence == "randomised" and c.is_final]
    for outcome in OUTCOMES:
        able = [c for c in closed if outcome in c.outcomes and _is_enough(c, outcome)]
        if able:
            return outcome, able
    return OUTCOMES[0], []


def _is_enough(campaign: Campaign, outcome: str) -> bool:
    known = np.isfinite(campaign.outcomes[outcome].result)
    arms = campaign.is_treated[known]
    clusters = len(np.unique(campaign.cluster[known]))
    return min(arms.sum(), (~arms).sum()) >= ARM_AT_LEAST and clusters >= CLUSTERS_AT_LEAST


def learn_uplift(
    scratch: Scratch,
    campaigns: Sequence[Campaign],
    ties: TieLog,
    ids: pa.Array,
    described: Mapping[str, tuple[str | None, str | None]],
    as_of: dt.date,
) -> dict[str, pa.Table]:
    """Return ml.uplift and, by customers no model had seen, how good it is; empty without lessons.

    Tables by name: ml.uplift, evaluation.uplift_forecasts and uplift_curves, and what is said of
    the learners in ml.model_comparisons.

    Parameters
    ----------
    scratch : Scratch
        Holds items, as :mod:`crm_tasks.evaluation.customer_features` reads them.
    ids : pyarrow.Array
        All customers, sorted.
    described : mapping of str to (str or None, str or None)
        Channel and content type of each campaign.
    """
    outcome, able = teaching(campaigns)
    if not able:
        return {}
    lesson, today = _prepare(scratch, outcome, able, ties, ids, as_of)
    curves: list[dict[str, Any]] = []
    forecasts = cross_fitted(lesson.sample, len(able), lesson.fold)
    for learner in LEARNERS:
        curves += list(_curves(lesson, learner, forecasts[learner]))
    chosen = _best(curves)
    dated = [{**row, "is_chosen": row["learner"] == chosen, "as_of_date": as_of} for row in curves]
    return {
        "ml.uplift": _everybody(lesson, chosen, today, ids, described, as_of),
        "evaluation.uplift_forecasts": _left_out(lesson, forecasts[chosen], ids, as_of),
        "ml.model_comparisons": _compared(outcome, curves, chosen, as_of),
        "evaluation.uplift_curves": pa.Table.from_pylist(dated, schema=UPLIFT_CURVES.arrow_schema),
    }


def _prepare(
    scratch: Scratch,
    outcome: str,
    able: list[Campaign],
    ties: TieLog,
    ids: pa.Array,
    as_of: dt.date,
) -> tuple[Lesson, Floats]:
    """Return the lesson, and everybody's features as of today."""
    days = [c.starts_day for c in able] + [float((as_of - _EPOCH).days)]
    units = [np.flatnonzero(np.isfinite(c.outcomes[outcome].result)) for c in able]
    people = [c.customer[keep] for c, keep in zip(able, units, strict=True)]
    everybody = np.arange(len(ids), dtype=np.int64)
    customer = np.concatenate([*people, everybody])
    cut = np.repeat(np.arange(len(days)), [*map(len, people), len(everybody)])
    moments = [int(day * 86_400_000_000) for day in days]
    scratch.register(
        "cuts",
        pa.table({"cut_id": range(len(days)), "cut_at": pa.array(moments, pa.timestamp("us"))}),
    )
    named = ids.take(pa.array(customer))
    asked = pa.table({"place": np.arange(len(cut)), "cut_id": cut, "customer_id": named})
    scratch.register("asked", asked)
    features = customer_features(scratch, customer, cut, np.array(days), ties)
    learned = cut < len(able)
    sample = _sample(able, units, outcome, ties, features[learned])
    lesson = Lesson(outcome, able, sample, customer[learned], folds_of(sample))
    return lesson, features[~learned]


def _sample(
    able: list[Campaign], units: list[Ints], outcome: str, ties: TieLog, features: Floats
) -> Sample:
    played = [Played.of(campaign, ties) for campaign in able]
    shares = [
        np.column_stack([p.treated_share, p.possible_share])[keep]
        for p, keep in zip(played, units, strict=True)
    ]
    exposure = np.concatenate(shares)
    if not np.any(exposure[:, 0] > 0):
        exposure = np.empty((len(exposure), 0))

    def stacked(values: list[Any]) -> Any:
        return np.concatenate([one[keep] for one, keep in zip(values, units, strict=True)])

    # The same community must be the same cluster in every campaign, else folds would share it.
    names = stacked([
        np.where([name is None for name in c.cluster_id], c.customer.astype(str), c.cluster_id)
        for c in able
    ]).astype(str)  # fmt: skip
    return Sample(
        features=features,
        action=np.repeat(np.arange(len(able)), [len(keep) for keep in units]),
        exposure=exposure,
        is_treated=stacked([c.is_treated for c in able]),
        propensity=stacked([c.treated_chance for c in able]),
        outcome=stacked([c.outcomes[outcome].result for c in able]),
        cluster=np.unique(names, return_inverse=True)[1].astype(np.int64),
    )


def _curves(lesson: Lesson, learner: str, forecast: Forecast) -> Iterator[dict[str, Any]]:
    """Yield the curve over all campaigns together, and of each."""
    sample, net = lesson.sample, lesson.net_outcome
    score = rank_within(forecast.cate, lesson.fold * len(lesson.campaigns) + sample.action)
    named = [(ANY_CAMPAIGN, np.ones(len(net), dtype=bool))]
    named += [(c.campaign_id, sample.action == n) for n, c in enumerate(lesson.campaigns)]
    for campaign_id, here in named:
        curve = qini_curve(
            score[here], sample.is_treated[here], net[here], sample.cluster[here], SEED
        )
        for decile in range(len(curve.n)):
            yield {
                "campaign_id": campaign_id,
                "outcome": lesson.outcome,
                "learner": learner,
                "decile": decile + 1,
                "n": int(curve.n[decile]),
                "observed_uplift": _round(curve.uplift[decile]),
                "se": _round(curve.se[decile]),
                "gain": _round(curve.gain[decile]),
                "qini": _round(curve.qini[decile]),
                "qini_coefficient": _round(curve.coefficient),
                "ci_low": _round(curve.low),
                "ci_high": _round(curve.high),
            }


def _best(curves: list[dict[str, Any]]) -> str:
    """Return the learner whose order gains most over all campaigns; the baseline if none does."""
    overall = {row["learner"]: row["qini_coefficient"] for row in curves
               if row["campaign_id"] == ANY_CAMPAIGN}  # fmt: skip
    return max(LEARNERS, key=lambda learner: overall[learner])


def _compared(outcome: str, curves: list[dict[str, Any]], chosen: str, as_of: dt.date) -> pa.Table:
    """Return the rows of ml.model_comparisons: each learner against treating at random."""
    overall = {row["learner"]: row for row in curves if row["campaign_id"] == ANY_CAMPAIGN}
    customers = {
        learner: sum(row["n"] for row in curves
                     if (row["learner"], row["campaign_id"]) == (learner, ANY_CAMPAIGN))
        for learner in overall
    }  # fmt: skip
    rows = [
        {
            "target": f"uplift:{outcome}", "candidate": learner, "baseline": "random_targeting",
            "metric": "qini", "candidate_value": row["qini_coefficient"], "baseline_value": 0.0,
            "diff": row["qini_coefficient"], "ci_low": row["ci_low"], "ci_high": row["ci_high"],
            "n": customers[learner], "verdict": verdict(row["ci_low"], row["ci_high"]),
            "is_champion": learner == chosen, "reason": None,
            "judged_as_of": as_of, "as_of_date": as_of,
        }
        for learner, row in overall.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=MODEL_COMPARISONS.arrow_schema)


def _everybody(
    lesson: Lesson,
    learner: str,
    today: Floats,
    ids: pa.Array,
    described: Mapping[str, tuple[str | None, str | None]],
    as_of: dt.date,
) -> pa.Table:
    """Return the rows of ml.uplift: each customer and action, and what all actions share."""
    sample = lesson.sample
    basis = Basis.of(sample.features, len(lesson.campaigns))
    model = fit_uplift(sample, basis, (learner,))[learner]
    covariance = covariance_of_refits(model, sample, SEED)
    version = f"{learner}-{_digest(model)}"
    usual = np.tile(sample.exposure.mean(axis=0), (len(today), 1))
    actions = [(c.campaign_id, n) for n, c in enumerate(lesson.campaigns)] + [(ANY, -1)]
    parts = []
    for action_id, number in actions:
        action = np.full(len(today), number)
        forecast = model.forecast(today, action, usual)
        cate = np.round(forecast.cate, DECIMALS)
        half = NORMAL_95 * spread(model, covariance, today, action, usual)
        low, high = np.round(cate - half, DECIMALS), np.round(cate + half, DECIMALS)
        base = np.round(forecast.control, DECIMALS)
        channel, content_type = described.get(action_id, (None, None))
        parts.append({
            "customer_id": ids, "action_id": _same(action_id, ids),
            "channel": _same(channel, ids), "content_type": _same(content_type, ids),
            "outcome": _same(lesson.outcome, ids), "cate": cate, "ci_low": low, "ci_high": high,
            "forecast_control": base,
            "uplift_class": uplift_class(cate, low, high, base).tolist(),
            "model_version": _same(version, ids), "as_of_date": _day(as_of, len(ids)),
        })  # fmt: skip
    schema = UPLIFT.arrow_schema
    return pa.concat_tables(pa.table(part).cast(schema) for part in parts)


def _digest(model: Uplift) -> str:
    rounded = np.round(np.concatenate([model.control, model.treated, model.cate]), DECIMALS) + 0.0
    return hashlib.sha256(rounded.tobytes()).hexdigest()[:12]


def _left_out(lesson: Lesson, forecast: Forecast, ids: pa.Array, as_of: dt.date) -> pa.Table:
    names = np.array([c.campaign_id for c in lesson.campaigns], dtype=object)
    n = len(lesson.customer)
    rows = {
        "campaign_id": pa.array(names[lesson.sample.action], pa.string()),
        "customer_id": ids.take(pa.array(lesson.customer)),
        "outcome": pa.repeat(lesson.outcome, n),
        "fold": pa.array(lesson.fold, pa.int32()),
        "forecast_control": np.round(forecast.control, DECIMALS),
        "forecast_treated": np.round(forecast.treated, DECIMALS),
        "cate": np.round(forecast.cate, DECIMALS),
        "as_of_date": _day(as_of, n),
    }
    return pa.table(rows).cast(UPLIFT_FORECASTS.arrow_schema)


def _same(word: str | None, ids: pa.Array) -> pa.Array:
    return pa.repeat(pa.scalar(word, pa.string()), len(ids))


def _day(day: dt.date, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(day, pa.date32()), n)


def _round(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
