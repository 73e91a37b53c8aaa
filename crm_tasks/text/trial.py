"""Own labels put to the test: what a model trained on some of them says about the others.

With enough of them the latest are told by a model of the earlier ones; with fewer every label is
told by a model of the other folds. A text that occurs on both sides would be known by heart: its
copies stand on one side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from crm_tasks.text.model import INTENT, SENTIMENT
from crm_tasks.text.training import Labelled, Recipe, train

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.text.model import Floats, TextModel
    from crm_tasks.text.own_labels import OwnLabels

    Indices = npt.NDArray[np.int64]
    Words = npt.NDArray[np.object_]

JUDGED_SHARE, JUDGED_AT_LEAST, FOLDS = 0.3, 100, 5


@dataclass(frozen=True, eq=False)
class Trial:
    """Labels of texts and what each method said of them, none having seen them.

    Parameters
    ----------
    split : str
        ``time``: the latest texts, by a model of the earlier; ``folds``: each by the other folds.
    places : array of int
        Which of the own labels were judged.
    answers : mapping of str to array of str
        By method: ``most_frequent``, ``own_labels`` and, where one is in force that knows any of
        the labels, ``in_force``.
    probability, is_named : arrays
        Of the answer of ``own_labels``.
    is_new : array of bool
        Whether the model in force has not learnt from the text either.
    """

    split: Literal["time", "folds"]
    places: Indices
    truth: Words
    answers: dict[str, Words]
    probability: Floats = field(repr=False)
    is_named: npt.NDArray[np.bool_] = field(repr=False)
    is_new: npt.NDArray[np.bool_] = field(repr=False)


def put_to_test(
    own: OwnLabels, generated: Labelled | None, in_force: TextModel, recipe: Recipe
) -> Trial | str:
    """Return the trial of own labels, or why there is none.

    Parameters
    ----------
    generated : Labelled, optional
        Sentences the project makes of the same intents; they are learnt from beside the own labels
        and never judged by.
    """
    n = len(own.texts)
    if n < JUDGED_AT_LEAST:
        return f"{n} labelled texts; a judgement needs {JUDGED_AT_LEAST}"
    if len(set(own.labels)) < 2:  # noqa: PLR2004 (one label is no question)
        return f"all {n} texts have the label {own.labels[0]!r}; nothing is told apart"
    split, parts = _parts(own, recipe.seed)
    texts, labels = np.asarray(own.texts, dtype=object), np.asarray(own.labels, dtype=object)
    places, said, naive, surest, named = [], [], [], [], []
    for seen, unseen in parts:
        if len(set(labels[seen])) < 2:  # noqa: PLR2004
            return f"the texts to learn from have one label only: {labels[seen][0]!r}"
        model = train({INTENT: _together(texts[seen], labels[seen], generated)}, recipe)
        head = model.heads[INTENT]
        told = model.probabilities(texts[unseen].tolist())[INTENT]
        places.append(unseen)
        said.append(head.classes[told.argmax(axis=1)].astype(object))
        surest.append(told.max(axis=1))
        named.append(told.max(axis=1) >= head.abstain_below)
        names, counts = np.unique(labels[seen].astype(str), return_counts=True)
        naive.append(np.full(len(unseen), names[counts.argmax()], dtype=object))
    order = np.concatenate(places)
    answers = {"most_frequent": np.concatenate(naive), "own_labels": np.concatenate(said)}
    known = set(in_force.heads[INTENT].classes.tolist())
    if known & set(own.labels):
        told = in_force.probabilities(texts[order].tolist())[INTENT]
        answers["in_force"] = in_force.heads[INTENT].classes[told.argmax(axis=1)].astype(object)
    learnt = set(in_force.told.get("learnt_from", ()))
    is_new = np.array([own.text_ids[at] not in learnt for at in order.tolist()])
    surest_, named_ = np.concatenate(surest), np.concatenate(named)
    return Trial(split, order, labels[order], answers, surest_, named_, is_new)


def train_on(
    own: OwnLabels,
    generated: Labelled | None,
    moods: Labelled,
    recipe: Recipe,
    told: dict[str, object],
) -> TextModel:
    """Return the model of all own labels; sentiment is learnt from what the project makes."""
    texts, labels = np.asarray(own.texts, dtype=object), np.asarray(own.labels, dtype=object)
    return train({INTENT: _together(texts, labels, generated), SENTIMENT: moods}, recipe, told)


def _together(texts: Words, labels: Words, generated: Labelled | None) -> Labelled:
    own = (list(texts), list(labels), list(texts))
    if generated is None:
        return Labelled(*own)
    made = (generated.texts, generated.labels, generated.groups)
    return Labelled(*([*one, *other] for one, other in zip(own, made, strict=True)))


def _parts(
    own: OwnLabels, seed: int
) -> tuple[Literal["time", "folds"], list[tuple[Indices, Indices]]]:
    n = len(own.texts)
    first = n - round(n * JUDGED_SHARE)
    if n - first >= JUDGED_AT_LEAST and all(moment is not None for moment in own.moments):
        seen, unseen = np.arange(first), np.arange(first, n)
        early = set(own.texts[:first])
        is_new = np.array([own.texts[at] not in early for at in unseen.tolist()])
        if is_new.sum() >= JUDGED_AT_LEAST:
            return "time", [(seen, unseen[is_new])]
    from sklearn.model_selection import GroupKFold

    groups = np.unique(np.asarray(own.texts, dtype=str), return_inverse=True)[1]
    k = min(FOLDS, len(np.unique(groups)))
    folds = GroupKFold(k, shuffle=True, random_state=seed).split(groups, groups=groups)
    return "folds", list(folds)
