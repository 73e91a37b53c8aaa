"""Training and judging a text classifier: regularisation, calibration and abstention out of fold.

Texts made of the same sentence are one group and never stand on both sides of a split: otherwise
a model is judged by sentences it has learnt by heart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.errors import RunStateError
from crm_tasks.text.model import Head, TextModel, calibrated, new_vectorizer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.text.model import Floats

    Indices = npt.NDArray[np.int64]

N_BINS = 15
TEMPERATURES = (0.05, 50.0)


@dataclass(frozen=True)
class Recipe:
    """How a head is trained.

    Parameters
    ----------
    regularisations : tuple of float
        Values of C of the linear support vector machine that folds choose between.
    folds : int
        Parts the labelled texts are cut into.
    documents_at_least : int
        Terms of fewer texts are left out.
    accuracy_at_least : float
        Abstention: among texts whose best class is named, so many are right out of fold.
    abstain_at_most : float
        The threshold of abstention is never higher.
    """

    regularisations: tuple[float, ...] = (0.25, 0.5, 1.0)
    folds: int = 5
    documents_at_least: int = 2
    accuracy_at_least: float = 0.9
    abstain_at_most: float = 0.6
    seed: int = 0


@dataclass(frozen=True)
class Labelled:
    """Labelled texts of one question.

    Parameters
    ----------
    groups : sequence of str
        What may not be torn apart by a split; the text itself where nothing else is known.
    """

    texts: Sequence[str] = field(repr=False)
    labels: Sequence[str] = field(repr=False)
    groups: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        if len(set(self.labels)) < 2:  # noqa: PLR2004 (one class is no question)
            raise RunStateError(
                f"{len(self.texts)} labelled texts have {len(set(self.labels))} different labels; "
                "a classifier needs at least two labels with at least two texts each"
            )


@dataclass(frozen=True)
class Judgement:
    """How good a head is on texts it has not seen.

    ``ece``: expected calibration error over 15 bins; ``coverage``: share of texts whose class is
    named, ``accuracy_named`` how many of those are right; ``majority`` the naive baseline.
    """

    n: int
    accuracy: float
    macro_f1: float
    ece: float
    coverage: float
    accuracy_named: float
    majority: float
    majority_macro_f1: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures, rounded to 1e-6."""
        return {name: round(float(value), 6) for name, value in vars(self).items()}


def train(
    asked: Mapping[str, Labelled], recipe: Recipe, told: Mapping[str, Any] | None = None
) -> TextModel:
    """Return a model with one head per question, trained on all labelled texts.

    Terms and their weights are learnt from the texts of all questions together.

    Raises
    ------
    RunStateError
        A question has fewer than two labels.
    """
    vectorizer = new_vectorizer(min_df=recipe.documents_at_least)
    texts = list(dict.fromkeys(text for one in asked.values() for text in one.texts))
    try:
        vectorizer.fit(texts)
    except ValueError:
        raise RunStateError(
            f"{len(texts)} labelled texts share no term: label more of them"
        ) from None
    matrix, rows = vectorizer.transform(texts), {text: row for row, text in enumerate(texts)}
    heads, judged = {}, {}
    for name, one in asked.items():
        own = matrix[[rows[text] for text in one.texts]]
        heads[name], judged[name] = _head(own, one, recipe)
    vocabulary = np.array(sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__))
    judgements = {name: judgement.to_dict() for name, judgement in judged.items()}
    return TextModel(
        vocabulary,
        np.asarray(vectorizer.idf_, dtype=np.float64),
        heads,
        {**(told or {}), "out_of_fold": judgements, "n_texts": len(texts)},
    )


def judge(truth: Sequence[str], probabilities: Floats, head: Head) -> Judgement:
    """Return how right probabilities are about texts the head was not trained on."""
    from sklearn.metrics import f1_score

    actual = np.asarray(truth, dtype=object)
    best = probabilities.max(axis=1)
    said = head.classes[probabilities.argmax(axis=1)].astype(object)
    is_right = said == actual
    is_named = best >= head.abstain_below
    names, counts = np.unique(actual.astype(str), return_counts=True)
    naive = np.full(len(actual), names[counts.argmax()], dtype=object)
    labels = names.astype(object)
    return Judgement(
        n=len(actual),
        accuracy=is_right.mean(),
        macro_f1=f1_score(actual, said, labels=labels, average="macro", zero_division=0.0),
        ece=calibration_error(best, is_right),
        coverage=is_named.mean(),
        accuracy_named=is_right[is_named].mean() if is_named.any() else 0.0,
        majority=(naive == actual).mean(),
        majority_macro_f1=f1_score(actual, naive, labels=labels, average="macro", zero_division=0),
    )


def calibration_error(probability: Floats, is_right: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error: mean gap of probability and accuracy over bins.

    >>> calibration_error(np.array([0.8, 0.8, 0.8, 0.8, 0.8]), np.array([1, 1, 1, 1, 0], bool))
    0.0
    """
    place = np.minimum((probability * N_BINS).astype(int), N_BINS - 1)
    n = np.bincount(place, minlength=N_BINS)
    gap = np.bincount(place, probability - is_right, minlength=N_BINS)
    return float(np.round(np.abs(gap[n > 0]).sum() / len(probability), 12))


def _head(matrix: Any, labelled: Labelled, recipe: Recipe) -> tuple[Head, Judgement]:
    labels = np.asarray(labelled.labels, dtype=str)
    folds = _folds(labels, labelled.groups, recipe)
    tried = [_out_of_fold(matrix, labels, folds, c, recipe) for c in recipe.regularisations]
    right = [float((_said(d, labels) == labels).mean()) for d in tried]
    best = int(np.argmax(right))
    decisions = tried[best]
    temperature = fitted_temperature(decisions, np.searchsorted(np.unique(labels), labels))
    head = _fit(matrix, labels, recipe.regularisations[best], recipe.seed)
    probabilities = calibrated(decisions, temperature)
    threshold = _threshold(probabilities, _said(decisions, labels) == labels, recipe)
    head = Head(head.classes, head.weights, head.offsets, temperature, threshold)
    return head, judge(labels.tolist(), probabilities, head)


def _folds(labels: Any, groups: Sequence[str], recipe: Recipe) -> list[tuple[Indices, Indices]]:
    from sklearn.model_selection import StratifiedGroupKFold

    numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    n = min(recipe.folds, len(np.unique(numbers)))
    folds = StratifiedGroupKFold(n, shuffle=True, random_state=recipe.seed)
    return list(folds.split(np.zeros(len(labels)), labels, numbers))


def _out_of_fold(
    matrix: Any, labels: Any, folds: list[tuple[Indices, Indices]], c: float, recipe: Recipe
) -> Floats:
    classes = np.unique(labels)
    decisions = np.full((len(labels), len(classes)), -1.0)
    for seen, unseen in folds:
        head = _fit(matrix[seen], labels[seen], c, recipe.seed)
        columns = np.searchsorted(classes, head.classes)
        decisions[np.ix_(unseen, columns)] = head.decide(matrix[unseen])
    return decisions


def _fit(matrix: Any, labels: Any, c: float, seed: int) -> Head:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=c, random_state=seed).fit(matrix, labels)
    weights, offsets = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # noqa: PLR2004 (one row of weights stands for both classes)
        weights, offsets = np.vstack((-weights, weights)), np.concatenate((-offsets, offsets))
    classes = np.asarray(model.classes_, dtype=str)
    return Head(classes, np.ascontiguousarray(weights.T, dtype=np.float32), offsets)


def _said(decisions: Floats, labels: Any) -> Any:
    return np.unique(labels)[decisions.argmax(axis=1)]


def fitted_temperature(decisions: Floats, truth: Any) -> float:
    """Return the temperature under which decisions make the truth most likely (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.arange(len(truth))

    def surprise(log_temperature: float) -> float:
        return -float(log_softmax(decisions * np.exp(log_temperature), axis=1)[rows, truth].mean())

    found = minimize_scalar(surprise, bounds=np.log(TEMPERATURES), method="bounded")
    return round(float(np.exp(found.x)), 6)


def _threshold(probabilities: Floats, is_right: Any, recipe: Recipe) -> float:
    """Return the lowest threshold above which enough are right; the highest allowed if none is."""
    best = probabilities.max(axis=1)
    for threshold in np.round(np.arange(0.0, recipe.abstain_at_most, 0.02), 2).tolist():
        named = is_right[best >= threshold]
        if named.size and named.mean() >= recipe.accuracy_at_least:
            return float(threshold)
    return recipe.abstain_at_most
