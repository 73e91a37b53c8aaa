"""Whether the model tells ties to come better than a count of common neighbours, out of time.

Learned from ties first known in one period, judged by those of the next. Intervals resample the
customers, each pair counting as often as both its ends were drawn (Owen 2007,
https://doi.org/10.1214/07-AOAS122), since pairs that share a customer are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.graph_links import LINK_PREDICTION_JUDGEMENTS
from crm_tasks.graph.links.kernels import areas_under_roc
from crm_tasks.graph.links.model import LinkModel
from crm_tasks.graph.links.periods import HARDNESSES, Hardness, Labelled, Period, label
from crm_tasks.graph.links.scores import SCORES, Neighbourhood

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.graph.engine.network import Floats
    from crm_tasks.graph.links.params import LinkParams

MODEL, BASELINE = "model", "common_neighbours"
DECIMALS = 6
BINS = 10


@dataclass(frozen=True, eq=False)
class Verdict:
    """The model of one layer, or None with the reason; and the rows that judge it."""

    model: LinkModel | None
    rows: tuple[dict[str, Any], ...]


def judge_layer(
    layer: str, learned: Period, judged: Period, params: LinkParams, as_of: dt.date
) -> Verdict:
    """Return a layer's model, learned in one period, with its judgement by the next."""
    dates = {
        "learned_from": learned.begins, "learned_to": learned.ends,
        "judged_from": judged.begins, "judged_to": judged.ends, "as_of_date": as_of,
    }  # fmt: skip
    few = params.new_ties_at_least * 2  # each stands in both directions
    if len(learned.new_ties()) < few or len(judged.new_ties()) < few:
        reason = f"fewer than {params.new_ties_at_least} new ties to learn from or to judge by"
        return Verdict(None, ({"layer": layer, **_NOT_JUDGED, "reason": reason, **dates},))
    around = Neighbourhood(learned.before, params)
    examples = label(learned, around, "two_hops", params)
    if not 0 < examples.is_new_tie.sum() < len(examples.pairs):
        reason = "no new tie, or nothing else, within two hops"
        return Verdict(None, ({"layer": layer, **_NOT_JUDGED, "reason": reason, **dates},))
    model = LinkModel.fit(around.scores(examples.pairs), examples.is_new_tie)
    rows = [
        {"layer": layer, "hardness": hardness, **row, **dates}
        for hardness in HARDNESSES
        for row in _judge(model, judged, hardness, params)
    ]
    return Verdict(model, tuple(rows))


_NOT_JUDGED = {
    "hardness": HARDNESSES[0],
    "score": MODEL,
    "verdict": "not_judged",
    "n_pairs": 0,
    "n_new_ties": 0,
}


def judgement_rows(verdicts: list[Verdict]) -> pa.Table:
    """Return the rows of graph.link_prediction_judgements."""
    rows = [row for verdict in verdicts for row in verdict.rows]
    return pa.Table.from_pylist(rows, schema=LINK_PREDICTION_JUDGEMENTS.arrow_schema)


def _judge(
    model: LinkModel, period: Period, hardness: Hardness, params: LinkParams
) -> list[dict[str, Any]]:
    around = Neighbourhood(period.before, params)
    found = label(period, around, hardness, params)
    scores = around.scores(found.pairs)
    by_score = {name: scores[:, place] for place, name in enumerate(SCORES)}
    by_score[MODEL] = model.probabilities(scores)
    times = _resamples(found, period.before.n_nodes, params)
    aucs = {name: roc_areas(score, found, times) for name, score in by_score.items()}
    counts = {"n_pairs": len(found.pairs), "n_new_ties": int(found.is_new_tie.sum())}
    shown = {name: _compared(name, aucs, params) for name in by_score}
    if hardness == "two_hops":
        shown[MODEL] |= _calibration(by_score[MODEL], found)
        reached = counts["n_new_ties"] / max(_new_ties_of(found, period), 1)
        shown[MODEL] |= {"share_in_reach": round(reached, DECIMALS)}
    return [{"score": name, **row, **counts} for name, row in shown.items()]


def _new_ties_of(found: Labelled, period: Period) -> int:
    """Return the new ties of the customers whose candidates were judged."""
    return int(np.isin(period.new_ties().first, found.pairs.first).sum())


def _compared(name: str, aucs: dict[str, Floats], params: LinkParams) -> dict[str, Any]:
    """Return a score's AUC and its lead over the baseline; row 0 of ``aucs`` is as it was found."""
    tail = (1 - params.level) / 2
    own, lead = aucs[name], aucs[name] - aucs[BASELINE]
    low, high = np.quantile(own[1:], [tail, 1 - tail])
    lead_low, lead_high = np.quantile(lead[1:], [tail, 1 - tail])
    figures = {
        "auc": own[0], "auc_ci_low": low, "auc_ci_high": high,
        "lead": lead[0], "lead_ci_low": lead_low, "lead_ci_high": lead_high,
    }  # fmt: skip
    verdict = "better" if lead_low > 0 else "worse" if lead_high < 0 else "not_better_than_baseline"
    named = "baseline" if name == BASELINE else verdict
    return {key: round(float(x), DECIMALS) for key, x in figures.items()} | {"verdict": named}


def _resamples(found: Labelled, n_nodes: int, params: LinkParams) -> Floats:
    """Return how often each customer was drawn: row 0 all once, then one row per resample."""
    rng = np.random.default_rng(params.seed)
    ends = np.unique(np.concatenate((found.pairs.first, found.pairs.second)))
    times = np.ones((params.resamples + 1, n_nodes))
    for row in range(1, params.resamples + 1):
        times[row, ends] = rng.multinomial(len(ends), np.full(len(ends), 1 / len(ends)))
    return times


def roc_areas(score: Floats, found: Labelled, times: Floats) -> Floats:
    """Return the area under the ROC curve for each row of ``times``; equal scores count half.

    Examples
    --------
    >>> from crm_tasks.graph.links.scores import Pairs
    >>> pairs = Pairs(np.zeros(4, dtype=np.int64), np.array([1, 2, 3, 4]))
    >>> found = Labelled(pairs, np.array([False, True, False, True]))
    >>> roc_areas(np.array([1.0, 2.0, 2.0, 3.0]), found, np.ones((1, 5))).tolist()
    [0.875]
    """
    order = np.argsort(score, kind="stable")
    ends = found.pairs.first[order], found.pairs.second[order]
    is_new = found.is_new_tie[order].astype(np.int64)
    return areas_under_roc(np.ascontiguousarray(score[order]), is_new, *ends, times)


def _calibration(probability: Floats, found: Labelled) -> dict[str, float]:
    """Return mean prediction, observed share and expected calibration error over tenths."""
    order = np.argsort(probability, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    gaps = [abs(probability[b].mean() - found.is_new_tie[b].mean()) * len(b) for b in bins]
    return {
        "mean_probability": round(float(probability.mean()), DECIMALS),
        "share_of_new_ties": round(float(found.is_new_tie.mean()), DECIMALS),
        "calibration_error": round(float(sum(gaps) / len(order)), DECIMALS),
    }
