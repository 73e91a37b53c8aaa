"""Whether a model of texts may answer: judged against the most frequent label and what answers now.

A model of the user's own labels comes into force only if it is better than both, each by the whole
interval of its lead. Where the model in force knows none of the labels, the naive one decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.judgement import (
    HitRate,
    Interval,
    JudgementParams,
    Mean,
    Measure,
    judge,
    not_judged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Words = npt.NDArray[np.object_]
    Flags = npt.NDArray[np.bool_]

TARGET, FAMILY = "intent", "own_labels"
NAIVE, IN_FORCE = "most_frequent", "in_force"
METRIC = "accuracy"


@dataclass(frozen=True, eq=False)
class MacroF1:
    """The mean over classes of F1; a class nobody has and nobody names in a resample is left out.

    Parameters
    ----------
    truth, said : array of str
        What each case is and what was said of it.

    Examples
    --------
    >>> words = [np.array(list(w), dtype=object) for w in ("aab", "aba")]
    >>> MacroF1(*words).at(np.ones((1, 3))).tolist()
    [0.25]
    """

    truth: Words
    said: Words
    is_gain: bool = True

    @property
    def n(self) -> int:
        return len(self.truth)

    def at(self, weights: Floats) -> Floats:
        names = np.unique(self.truth.astype(str))
        actual = (self.truth[:, None] == names).astype(np.float64)
        named = (self.said[:, None] == names).astype(np.float64)
        right, below = weights @ (actual * named), weights @ (actual + named)
        f1 = np.divide(2 * right, below, out=np.full(right.shape, np.nan), where=below > 0)
        return np.asarray(np.nanmean(f1, axis=1))


@dataclass(frozen=True, eq=False)
class TextJudgement:
    """What became of a model of own labels.

    Attributes
    ----------
    is_better : bool
        Whether it may come into force.
    rows : tuple of dict
        Of ml.model_comparisons, without dates.
    figures : mapping of str to Interval
        Of ml.model_metrics.
    n : int
        Texts it was judged by.
    """

    is_better: bool
    rows: tuple[dict[str, Any], ...]
    figures: Mapping[str, Interval]
    n: int = 0


def judge_texts(
    truth: Words,
    answers: Mapping[str, Words],
    probability: Floats,
    is_named: Flags,
    is_new: Flags,
    params: JudgementParams,
) -> TextJudgement:
    """Return the judgement of own labels on texts that they were not learnt from.

    Parameters
    ----------
    answers : mapping of str to array
        By method: ``most_frequent``, ``own_labels`` and perhaps ``in_force``.
    is_new : array of bool
        Texts the model in force has not learnt from: on these alone is it compared.
    """
    rows: list[dict[str, Any]] = []
    naive = {name: answers[name] for name in (NAIVE, FAMILY)}
    rows += _compared(NAIVE, truth, naive, params)
    if IN_FORCE not in answers:
        rows += _not_judged(IN_FORCE, "the model in force knows none of these labels")
        is_better = rows[0]["verdict"] == "better"
    elif is_new.sum() < params.cases_at_least:
        told = f"the model in force has learnt from all but {is_new.sum()} of these texts"
        rows += _not_judged(IN_FORCE, f"{told}; {params.cases_at_least} are needed")
        is_better = False
    else:
        both = {name: answers[name][is_new] for name in (IN_FORCE, FAMILY)}
        rows += _compared(IN_FORCE, truth[is_new], both, params)
        rows += _compared(NAIVE, truth, {name: answers[name] for name in (NAIVE, IN_FORCE)}, params)
        is_better = all(
            row["verdict"] == "better"
            for row in rows
            if row["candidate"] == FAMILY and row["metric"] == METRIC
        )
    for row in rows:
        row["is_champion"] = is_better and row["candidate"] == FAMILY
    return TextJudgement(
        is_better, tuple(rows), _figures(truth, answers, probability, is_named, params), len(truth)
    )


def refused(reason: str) -> TextJudgement:
    """Return that own labels could not be judged, so that they do not answer, and why."""
    return TextJudgement(False, tuple(_not_judged(NAIVE, reason)), {})


def _compared(
    baseline: str, truth: Words, answers: Mapping[str, Words], params: JudgementParams
) -> list[dict[str, Any]]:
    hits = {name: HitRate(said == truth) for name, said in answers.items()}
    scores = {name: MacroF1(truth, said) for name, said in answers.items()}
    found = (
        judge(TARGET, METRIC, baseline, hits, params),
        judge(TARGET, "macro_f1", baseline, scores, params),
    )
    return [dict(row) for judgement in found for row in judgement.rows]


def _not_judged(baseline: str, reason: str) -> list[dict[str, Any]]:
    return [dict(row) for row in not_judged(TARGET, METRIC, baseline, [FAMILY], reason).rows]


def _figures(
    truth: Words,
    answers: Mapping[str, Words],
    probability: Floats,
    is_named: Flags,
    params: JudgementParams,
) -> dict[str, Interval]:
    is_right = answers[FAMILY] == truth
    measures: dict[str, Measure] = {
        METRIC: HitRate(is_right),
        "macro_f1": MacroF1(truth, answers[FAMILY]),
        "brier_of_best": Mean((probability - is_right) ** 2),
        "coverage": HitRate(is_named),
        "accuracy_named": Mean(
            (is_right & is_named).astype(np.float64), is_named.astype(np.float64)
        ),
    }
    return {
        name: judge(TARGET, name, FAMILY, {FAMILY: measure}, params).values[FAMILY]
        for name, measure in measures.items()
    }
