"""All targets of a day: models kept or learned anew, customers scored, reasons, drivers, drift."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts.ml import (
    DRIVERS,
    MODEL_COMPARISONS,
    MODEL_METRICS,
    MODELS,
    PREDICTION_REASONS,
    PREDICTIONS,
    RELIABILITY_BINS,
)
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.ml.cards import metric_rows, model_rows, reliability_rows
from crm_tasks.ml.judgement import comparison_table
from crm_tasks.ml.propensity.challenge import FORMER, duel
from crm_tasks.ml.propensity.drift import GROWING, monitored, reference_of
from crm_tasks.ml.propensity.drivers import driver_rows, driver_table
from crm_tasks.ml.propensity.evidence import evidence
from crm_tasks.ml.propensity.learning import Circumstances, learn_target
from crm_tasks.ml.propensity.panel import Panels, asked, columns
from crm_tasks.ml.propensity.standing import Standing, why_train
from crm_tasks.ml.propensity.tables import prediction_rows, reason_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.ml.propensity.facts import Cases, Facts
    from crm_tasks.ml.propensity.params import PropensityParams, Target
    from crm_tasks.ml.propensity.season import Seasonal

WRITTEN = {
    table.full_name: table
    for table in (
        MODELS, MODEL_METRICS, RELIABILITY_BINS, MODEL_COMPARISONS, DRIVERS, PREDICTIONS,
        PREDICTION_REASONS,
    )
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a day brought: rows by table, artifacts of new models, and what was watched."""

    tables: dict[str, list[pa.Table]] = field(
        default_factory=lambda: {name: [] for name in WRITTEN}
    )
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    monitoring: list[dict[str, Any]] = field(default_factory=list)

    def rows(self, name: str) -> pa.Table:
        """Return all rows of a table."""
        return pa.concat_tables([WRITTEN[name].arrow_schema.empty_table(), *self.tables[name]])

    def add(self, name: str, rows: pa.Table) -> None:
        self.tables[name].append(rows)


class Day:
    """One as-of date: its facts, who is scored, and the panels its targets share."""

    def __init__(
        self, facts: Facts, as_of: dt.date, code_sha: str, params: PropensityParams
    ) -> None:
        self.facts, self.as_of, self.params = facts, as_of, params
        self.digest_below, n = facts.digest_below(params.sample_at_most)
        self.panels, self.first_day = Panels(facts, self.digest_below), facts.first_day()
        self.about = Circumstances(as_of, code_sha, n)
        everybody = facts.cases(as_of)
        self.scored: Cases = everybody.take(~facts.gone[everybody.customers])
        self.ids = facts.ids.combine_chunks()


def predict(day: Day, standing: Mapping[str, Standing]) -> Predicted:
    """Return what a day brings.

    Parameters
    ----------
    standing : mapping of str to Standing
        The predecessor's models by target.
    """
    found = Predicted()
    for target in day.params.targets:
        _predict(day, target, standing.get(target.name), found)
    return found


def _predict(day: Day, target: Target, former: Standing | None, found: Predicted) -> None:
    cases = asked(day.scored, target)
    drift = None if former is None else _watched(day, target, former, cases)
    why = why_train(target, former, day.as_of, drift, day.params)
    if why is not None:
        answering, drift = _trained(day, target, former, cases, found) or (None, drift)
    else:
        answering = None
    if answering is None and former is not None:
        _carry(former, found)
        answering = former.version, former.model
    if answering is None:
        return
    version, model = answering[0], answering[1].on(day.as_of)
    found.monitoring.append(
        {"model_version": version, "target": target.name, "day": day.as_of, "trained": why,
         **(drift or {})}
    )  # fmt: skip
    ids = day.ids.take(pa.array(cases.customers))
    found.add("ml.predictions", prediction_rows(target, model, version, cases, ids, day.as_of))
    if target.name in day.params.reasons_for:
        most = day.params.reasons_at_most
        found.add("ml.prediction_reasons", reason_rows(target, model, cases, ids, day.as_of, most))


def _carry(former: Standing, found: Predicted) -> None:
    """Keep the rows of a model that goes on, but for a duel that was fought again today."""
    today = found.rows("ml.model_comparisons")
    is_fought = set(zip(today["target"].to_pylist(), today["baseline"].to_pylist(), strict=True))
    for name, rows in former.rows.items():
        if name == "ml.model_comparisons":
            pairs = zip(rows["target"].to_pylist(), rows["baseline"].to_pylist(), strict=True)
            rows = rows.filter(pa.array([pair not in is_fought for pair in pairs], pa.bool_()))  # noqa: PLW2901
        found.add(name, rows)


def _trained(
    day: Day, target: Target, former: Standing | None, cases: Cases, found: Predicted
) -> tuple[tuple[str, Seasonal], Mapping[str, Any]] | None:
    """Learn a target anew and keep what that brought; None if the former model goes on."""
    as_of = day.as_of
    outcome = learn_target(target, day.panels, day.first_day, day.about, day.params)
    fought = duel(outcome, former, day.panels, as_of, day.params)
    judgements = outcome.judgements if fought is None else (*outcome.judgements, fought)
    if fought is not None and fought.champion == FORMER:
        found.add("ml.model_comparisons", comparison_table([fought], as_of, as_of))
        return None
    found.add("ml.model_comparisons", comparison_table(judgements, as_of, as_of))
    found.add("ml.models", model_rows(outcome.cards, as_of))
    found.add("ml.model_metrics", metric_rows(outcome.cards, as_of))
    found.add("ml.reliability_bins", reliability_rows(outcome.cards, as_of))
    if outcome.model is None or outcome.version is None or outcome.final is None:
        return None
    if target.name in day.params.reasons_for:
        rests_on = evidence(day.facts, outcome.final, day.digest_below)
        drivers = driver_rows(target, outcome.final, rests_on, as_of, day.params)
        found.add("ml.drivers", driver_table(drivers))
    plain = outcome.model.artifact()
    watched_for = tuple(name for name in plain.features if name not in GROWING)
    reference = reference_of(columns(cases.matrix, watched_for), watched_for)
    found.artifacts[outcome.version] = Artifact(
        plain.estimator, plain.features, {**plain.told, "reference": reference}
    )
    watched = monitored(outcome.model.on(as_of), reference, cases.matrix, None)
    return (outcome.version, outcome.model), watched


def _watched(day: Day, target: Target, former: Standing, cases: Cases) -> Mapping[str, Any]:
    """Return how a model in force does: by answers that came after it was trained, if any did."""
    origin = day.as_of - dt.timedelta(days=target.horizon_days)
    recent = day.panels.of(target, (origin,)) if origin >= former.trained_as_of else None
    return monitored(former.model.on(origin), former.reference, cases.matrix, recent)
