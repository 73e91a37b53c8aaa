"""What people do about texts between runs: label them, train on their labels, accept a model."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import RunStateError
from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.judgement import JudgementParams
from crm_tasks.ml.texts import TextJudgement, judge_texts, refused
from crm_tasks.steps.between_runs import opened_latest_run
from crm_tasks.steps.text import model_in_force, taxonomy_of, text_models
from crm_tasks.text.own_labels import Given, OwnLabels, read_label_file, understood
from crm_tasks.text.training import Recipe
from crm_tasks.text.trial import put_to_test, train_on

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.settings import Settings
    from crm_tasks.steps.run import Run
    from crm_tasks.text.model import TextModel

RECIPE = Recipe(regularisations=(0.25, 0.5, 1.0), folds=4, documents_at_least=1)
MANY = 2_000
#: Of many texts, terms that stand in one only teach nothing.
RECIPE_OF_MANY = Recipe(regularisations=(0.25, 0.5), folds=3, documents_at_least=2)


@dataclass(frozen=True)
class Trained:
    """A model of own labels, how it was judged, and whether it answers from now on.

    Attributes
    ----------
    version, in_force : str
        Of the new model, and of the one that answers from the next run on.
    split : str or None
        ``time`` or ``folds``; None where nothing could be judged.
    """

    version: str
    in_force: str
    n_labels: int
    n_blank: int
    n_unread: int
    split: str | None
    judgement: TextJudgement

    @property
    def is_in_force(self) -> bool:
        return self.version == self.in_force


def train_on_labels(settings: Settings, file: Path | None) -> Trained:
    """Train on labels of a file, or else on agents' tags; the model answers if it is better.

    Raises
    ------
    RunStateError
        Labels cannot be read or understood, or there are too few to learn from.
    """
    layer = "core" if file is None else "staging"
    with opened_latest_run(settings, "text_train", layer) as run:
        given = agents_tags(run) if file is None else read_label_file(file)
        own = understood(given, run.read("text.masked_texts"), taxonomy_of(run))
        return _trained(run, own)


def agents_tags(run: Run) -> list[Given]:
    """Return what agents tagged messages with, as labels."""
    rows = run.read("core.fct_messages", ("text_id", "agent_intent")).to_pylist()
    tagged = [row for row in rows if row["agent_intent"] and row["text_id"]]
    if not tagged:
        raise RunStateError(
            "no message of the last run has an agent's tag; label some: `crm text queue --out "
            "labels.csv`, fill in the column label, then `crm text train labels.csv`"
        )
    return [
        Given(r["text_id"], r["agent_intent"], "core.fct_messages.agent_intent") for r in tagged
    ]


def _trained(run: Run, own: OwnLabels) -> Trained:
    from crm_tasks.text.starter import generated

    intents, moods = generated()
    made = intents if set(own.labels) & set(intents.labels) else None
    recipe = RECIPE if len(own.texts) < MANY else RECIPE_OF_MANY
    before, params = model_in_force(run), JudgementParams()
    tried = put_to_test(own, made, before, recipe)
    if isinstance(tried, str):
        judgement, split = refused(tried), None
    else:
        judgement = judge_texts(
            tried.truth, tried.answers, tried.probability, tried.is_named, tried.is_new, params
        )
        split = tried.split
    model = train_on(own, made, moods, recipe, _told(run, own, judgement, split, before.version))
    _keep(run, model, is_better=judgement.is_better)
    in_force = model.version if judgement.is_better else before.version
    return Trained(
        model.version, in_force, len(own.texts), own.n_blank, own.n_unread, split, judgement
    )


def _told(
    run: Run, own: OwnLabels, judgement: TextJudgement, split: str | None, before: str
) -> dict[str, Any]:
    """Return what the model file tells of its making: what ml.models says of it in each run."""
    moments = [moment.date().isoformat() for moment in own.moments if moment is not None]
    figures = {name: [f.value, f.low, f.high] for name, f in judgement.figures.items()}
    return {
        "kind": "own_labels",
        "learnt_from": sorted(own.text_ids),
        "data_hash": parameters_digest([list(own.text_ids), list(own.labels)]),
        "train_from": min(moments, default=None),
        "train_to": max(moments, default=None),
        "trained_as_of": run.as_of.isoformat(),
        "compared_with": before,
        "split": split,
        "n_judged": judgement.n,
        "figures": figures,
        "comparisons": list(judgement.rows),
    }


def _keep(run: Run, model: TextModel, *, is_better: bool) -> None:
    """Register a model: by the rule accepted if it is better, else a proposal that says why not.

    No run trained it, so that the next run is another one even of the same data.
    """
    rule = "rule: better than the most frequent label and than the model in force"
    by = f"{rule}; trained by {getpass.getuser()}" if is_better else None
    text_models(run).keep(
        run.claim, model.version, model.to_bytes(), decided_by=by, trained_by_run=None
    )
