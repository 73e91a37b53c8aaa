"""Which method finds anomalies: judged by ones that are put in, a window before the last.

Nobody knows the true ones. So of real histories one in a hundred customers is given an unusual
window (many more orders, none, prices or items fivefold, nearly all sent back), and each method
has to find these among all others (Emmott et al. 2013, https://doi.org/10.1145/2500853.2500858).
What is found is that a method sees such changes, not that a change matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from crm_tasks.ml.anomalies.histories import FIGURES
from crm_tasks.ml.anomalies.surprise import against_everybody, against_own_history
from crm_tasks.ml.judgement import Interval, Judgement, RocArea, judge, not_judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from crm_tasks.ml.anomalies.histories import Histories
    from crm_tasks.ml.anomalies.params import AnomalyParams
    from crm_tasks.ml.judgement import JudgementParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

TARGET, METRIC = "anomaly", "roc_auc_injected"
OWN_HISTORY, ISOLATION_FOREST, NAIVE = "own_history", "isolation_forest", "everybody"
CANDIDATES = (OWN_HISTORY, ISOLATION_FOREST)
INJECTED = "of anomalies put into real histories: the true ones are not known"
UNREASONED = f"{INJECTED}; it gives no parts that add up, so it may not answer"


@dataclass(frozen=True, eq=False)
class Judged:
    """The judgement, and per method the precision among as many as were put in."""

    judgement: Judgement
    precision: Mapping[str, Interval]


def judge_methods(told: Histories, params: AnomalyParams, judging: JudgementParams) -> Judged:
    """Return which method may answer."""
    if len(told) < judging.cases_at_least:
        reason = f"{len(told)} customers with a history; {judging.cases_at_least} are needed"
        return Judged(not_judged(TARGET, METRIC, NAIVE, CANDIDATES, reason), {})
    rng = np.random.default_rng(params.seed)
    chosen = np.sort(rng.permutation(len(told))[: params.judged_at_most])
    rounds = [with_anomalies(told.take(chosen), params, rng) for _ in range(params.rounds)]
    labels = np.concatenate([one for _, one in rounds])
    if labels.sum() < judging.positives_at_least * params.rounds:
        reason = f"{labels.sum()} ordered lately; {judging.positives_at_least} are needed"
        return Judged(not_judged(TARGET, METRIC, NAIVE, CANDIDATES, reason), {})
    scores = {
        name: np.concatenate([method(changed, params) for changed, _ in rounds])
        for name, method in _METHODS.items()
    }
    measures = {name: RocArea(labels, score) for name, score in scores.items()}
    # A customer stands in every round: customers are drawn, not cases.
    units = np.tile(chosen, params.rounds)
    found = judge(TARGET, METRIC, NAIVE, measures, judging, units=units, preference=(OWN_HISTORY,))
    champion = OWN_HISTORY if found.champion == OWN_HISTORY else NAIVE
    rows = tuple(
        {
            **row,
            "is_champion": row["candidate"] == champion,
            "reason": UNREASONED if row["candidate"] == ISOLATION_FOREST else INJECTED,
        }
        for row in found.rows
    )
    precision = {name: _precision(labels, score, judging) for name, score in scores.items()}
    return Judged(replace(found, champion=champion, rows=rows), precision)


def with_anomalies(
    told: Histories, params: AnomalyParams, rng: np.random.Generator
) -> tuple[Histories, Ints]:
    """Return histories of which some were given an unusual window, and which (1) and which not."""
    able = np.flatnonzero((told.n_late > 0).any(axis=1))
    n = max(int(np.ceil(params.injected_share * len(told))), params.injected_at_least)
    chosen = rng.permutation(able)[:n]
    labels = np.zeros(len(told), dtype=np.int64)
    labels[chosen] = 1
    n_recent, n_late, late = told.n_recent.copy(), told.n_late.copy(), told.late.copy()
    column = {name: place for place, name in enumerate(FIGURES)}
    many, none, dear, bulk, back = (chosen[kind::5] for kind in range(5))
    n_recent[many] = 3 * n_recent[many] + 4
    n_recent[none], n_late[none], late[none] = 0, 0, np.nan
    late[dear, column["price_per_item"]] += np.log(5)
    late[bulk, column["items_per_order"]] += np.log(5)
    late[back, column["return_share"]] = np.arcsin(np.sqrt(0.9))
    return replace(told, n_recent=n_recent, n_late=n_late, late=late), labels


def isolation(told: Histories, params: AnomalyParams) -> Floats:
    """Return scores of an isolation forest (Liu et al. 2008) on the figures of both times."""
    from sklearn.ensemble import IsolationForest

    pace = told.n_before / told.days_before * params.window_days
    matrix = np.column_stack([told.n_recent, pace, told.late, told.mean])
    known = ~np.isnan(matrix)
    middle = np.array([np.median(c[k]) if k.any() else 0.0 for c, k in zip(matrix.T, known.T)])  # noqa: B905
    filled = np.where(known, matrix, middle)
    with threadpool_limits(1):
        forest = IsolationForest(n_estimators=params.trees, random_state=params.seed).fit(filled)
        return np.asarray(-forest.score_samples(filled).round(9), dtype=np.float64)


_METHODS = {
    NAIVE: lambda told, params: against_everybody(told, params).score,
    OWN_HISTORY: lambda told, params: against_own_history(told, params).score,
    ISOLATION_FOREST: isolation,
}


def _precision(labels: Ints, score: Floats, judging: JudgementParams) -> Interval:
    n = int(labels.sum())
    hits = labels[np.argsort(-score, kind="stable")[:n]]
    drawn = np.random.default_rng(judging.seed).binomial(n, hits.mean(), judging.resamples) / n
    tail = (1 - judging.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(*(round(float(x), 6) for x in (hits.mean(), low, high)))
