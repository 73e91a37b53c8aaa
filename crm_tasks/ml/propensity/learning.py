"""Learning of one target: split in time, candidates judged, the champion fitted to all answers.

Judged is the procedure: fitted to answers that were known before the test origin, asked about the
test origin. The one that answers today is the same procedure fitted once more, up to the test
origin, with the calibration and the share of the season that were judged.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.cards import ModelCard, data_digest
from crm_tasks.ml.judgement import (
    Interval,
    Judgement,
    Mean,
    RocArea,
    TooLittle,
    calibration_error,
    judge_metrics,
    log_losses,
    not_judged,
    refuse_oracles,
    reliability,
    split_in_time,
)
from crm_tasks.ml.propensity.candidates import (
    FAMILIES,
    NAIVE,
    Learned,
    RecencyTable,
    learn,
    learn_again,
    settings_of,
)
from crm_tasks.ml.propensity.panel import Panel, Panels, columns
from crm_tasks.ml.propensity.season import Seasonal, in_season

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.judgement import TimeSplit
    from crm_tasks.ml.propensity.candidates import Model
    from crm_tasks.ml.propensity.params import PropensityParams, Target

    Floats = npt.NDArray[np.float64]

DECISIVE = "log_loss"
ERROR_RESAMPLES = 50


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a target: the model that answers, cards of all, and the judgements.

    ``model`` is None where there is no answer yet to learn even a share from; ``judged_model`` is
    what the champion was when it was judged, before it learned the answers of the test.
    """

    target: Target
    model: Seasonal | None
    version: str | None
    cards: tuple[ModelCard, ...]
    judgements: tuple[Judgement, ...]
    final: Panel | None = None
    judged_model: Seasonal | None = None


@dataclass(frozen=True)
class Circumstances:
    """What a card says besides the model: when, by which code, of how many."""

    as_of: dt.date
    code_sha: str
    n_population: int


def learn_target(
    target: Target,
    panels: Panels,
    first_day: dt.date | None,
    about: Circumstances,
    params: PropensityParams,
) -> Outcome:
    """Return the outcome of a target as of a date."""
    begins = first_day or about.as_of
    split = split_in_time(
        about.as_of, begins, target.horizon_days, params.history_days, params.judgement
    )
    if isinstance(split, TooLittle):
        return _naive_only(target, panels, begins, split.reason, about, params)
    train, test = panels.of(target, split.train_origins), panels.of(target, (split.test_origin,))
    reason = too_few(train, test, params)
    if reason:
        return _naive_only(target, panels, begins, reason, about, params)
    where = f"{target.name}, origins up to {split.train_origins[-1]}"
    calendar = panels.calendar(split.test_origin)
    models = {NAIVE: in_season(RecencyTable.fit(train), calendar, target, train)}
    for family in FAMILIES:
        learned = learn(family, train, params)
        refuse_oracles(
            learned.features, columns(train.matrix, learned.features), train.labels,
            params.judgement.oracle_auc, where,
        )  # fmt: skip
        models[family] = in_season(learned, calendar, target, train)
    judgements = judged(target, models, split.test_origin, test, params)
    final = panels.of(target, split.final_origins)
    judged_model = models[judgements[0].champion]
    last = _final_model(judged_model.model, final, params)
    champion = judged_model.again(last, panels.calendar(about.as_of), target, final)
    told = _Told(target, split, (train, test, final), judgements, about, params)
    cards = tuple(told.card(name, model, champion) for name, model in models.items())
    version = next(card.version for card in cards if card.status == "champion")
    return Outcome(target, champion, version, cards, judgements, final, judged_model)


def too_few(train: Panel, test: Panel, params: PropensityParams) -> str | None:
    """Return why two panels are too small to learn from and to judge by, or None."""
    least, rarer = params.judgement.cases_at_least, params.judgement.positives_at_least
    for name, panel in (("training", train), ("test", test)):
        few = int(min(panel.labels.sum(), len(panel) - panel.labels.sum()))
        if len(panel) < least or few < rarer:
            return (
                f"{name}: {len(panel)} cases, {few} of the rarer answer; "
                f"needed are {least} and {rarer}"
            )
    return None


def judged(
    target: Target,
    models: Mapping[str, Seasonal],
    origin: dt.date,
    test: Panel,
    params: PropensityParams,
) -> tuple[Judgement, ...]:
    """Return the judgements by log loss, which decides, Brier score and AUC."""
    given = {name: model.on(origin).probabilities(test.matrix) for name, model in models.items()}
    preference = sorted(FAMILIES, key=lambda name: models[name].oof_loss)
    measures: dict[str, dict[str, Any]] = {
        DECISIVE: {n: Mean(log_losses(test.labels, p)) for n, p in given.items()},
        "brier": {n: Mean((p - test.labels) ** 2) for n, p in given.items()},
        "roc_auc": {n: RocArea(test.labels, p) for n, p in given.items()},
    }
    return judge_metrics(target.name, NAIVE, measures, params.judgement, preference=preference)


def _final_model(judged_one: Model, final: Panel, params: PropensityParams) -> Model:
    if isinstance(judged_one, Learned):
        return learn_again(judged_one, final, params)
    return RecencyTable.fit(final)


@dataclass(frozen=True, eq=False)
class _Told:
    """What the cards of a target tell alike."""

    target: Target
    split: TimeSplit
    panels: tuple[Panel, Panel, Panel]
    judgements: Sequence[Judgement]
    about: Circumstances
    params: PropensityParams

    def card(self, name: str, model: Seasonal, champion: Seasonal) -> ModelCard:
        """Return the card of a judged model; that of the champion tells of its final fit."""
        train, test, final = self.panels
        answers = name == champion.family
        kept, panel = (champion, final) if answers else (model, train)
        origins = self.split.final_origins if answers else self.split.train_origins
        p = model.on(self.split.test_origin).probabilities(test.matrix)
        artifact = kept.artifact()
        return ModelCard(
            target=self.target.name, family=name,
            status="champion" if answers else "challenger",
            parameters_sha256=artifact.digest,
            hyperparameters={**settings_of(name, self.params), **kept.settings},
            features=artifact.features, code_sha=self.about.code_sha,
            data_hash=data_digest(panel.matrix, panel.labels),
            trained_as_of=self.about.as_of, horizon_days=self.target.horizon_days,
            train_from=origins[0], train_to=origins[-1], label_window=self.target.label_window,
            n_train=len(panel), n_population=self.about.n_population,
            figures=self._figures(name, test, p), n_judged=len(test),
            bins=reliability(test.labels, p, self.params.judgement.bins),
        )  # fmt: skip

    def _figures(self, name: str, test: Panel, p: Floats) -> dict[str, Interval]:
        metrics = (DECISIVE, "brier", "roc_auc")
        found = {
            metric: one.values[name] for metric, one in zip(metrics, self.judgements, strict=True)
        }
        error = round(calibration_error(test.labels, p, self.params.judgement.bins), 6)
        found["ece"] = Interval(error, *_error_ends(test, p, self.params))
        return found


def _error_ends(test: Panel, p: Floats, params: PropensityParams) -> tuple[float, float]:
    """Return the bootstrap interval of the calibration error (biased upwards, as it is itself)."""
    rng = np.random.default_rng(params.judgement.seed)
    drawn = [rng.integers(0, len(test), len(test)) for _ in range(ERROR_RESAMPLES)]
    errors = [calibration_error(test.labels[i], p[i], params.judgement.bins) for i in drawn]
    low, high = np.quantile(errors, [0.025, 0.975])
    return round(float(low), 6), round(float(high), 6)


def _naive_only(
    target: Target,
    panels: Panels,
    begins: dt.date,
    reason: str,
    about: Circumstances,
    params: PropensityParams,
) -> Outcome:
    """Return the naive answer, from the latest answers that are known, and why it is that."""
    told = not_judged(target.name, DECISIVE, NAIVE, FAMILIES, reason)
    origin = about.as_of - dt.timedelta(days=target.horizon_days)
    panel = panels.of(target, (origin,)) if origin > begins else None
    if panel is None or not len(panel):
        return Outcome(target, None, None, (), (told,))
    model = RecencyTable.fit(panel)
    artifact = model.artifact()
    card = ModelCard(
        target=target.name, family=NAIVE, status="champion", parameters_sha256=artifact.digest,
        hyperparameters=settings_of(NAIVE, params), features=artifact.features,
        code_sha=about.code_sha, data_hash=data_digest(panel.matrix, panel.labels),
        trained_as_of=about.as_of, horizon_days=target.horizon_days, train_from=origin,
        train_to=origin, label_window=target.label_window, n_train=len(panel),
        n_population=about.n_population,
    )  # fmt: skip
    return Outcome(target, Seasonal(model), card.version, (card,), (told,), panel)
