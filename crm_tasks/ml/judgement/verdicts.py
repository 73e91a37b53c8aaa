"""Candidates against the naive method: paired bootstrap, verdicts, and who becomes champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from crm_tasks.contracts.ml import MODEL_COMPARISONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.judgement.measures import Measure
    from crm_tasks.ml.judgement.params import JudgementParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

DECIMALS = 6
#: Weights held at once; more cases are drawn for in more turns.
WEIGHTS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """What became of a target's candidates.

    Attributes
    ----------
    champion : str
        The method that answers: a candidate that is better, or else the baseline.
    rows : tuple of dict
        Of ml.model_comparisons, without dates: one per candidate, the losers' too.
    values : mapping of str to Interval
        The metric of every method, the baseline's too.
    """

    champion: str
    rows: tuple[dict[str, Any], ...]
    values: Mapping[str, Interval]
    n: int = 0


def verdict(low: float, high: float) -> str:
    """Return what an interval of differences says.

    >>> verdict(0.01, 0.2), verdict(-0.1, 0.2), verdict(-0.2, -0.1)
    ('better', 'not_better_than_baseline', 'worse')
    """
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not_better_than_baseline"


def judge(  # noqa: PLR0913 (a judgement is named by all of these)
    target: str,
    metric: str,
    baseline: str,
    measures: Mapping[str, Measure],
    params: JudgementParams,
    *,
    units: Ints | None = None,
    preference: Sequence[str] = (),
) -> Judgement:
    """Return the judgement of candidates by the same cases.

    A candidate becomes champion only if the whole interval of its lead over the baseline is above
    zero; of several, the first in ``preference`` (say, by out-of-fold loss in training), or else
    the one with the largest lead.

    Parameters
    ----------
    measures : mapping of str to Measure
        By method, the baseline among them; all of the same cases in the same order.
    units : ndarray of int, optional
        Unit of each case (a customer, a series): units are drawn, not cases, since cases of one
        unit are not independent.

    Examples
    --------
    >>> from crm_tasks.ml.judgement import JudgementParams, Mean
    >>> naive, model = Mean(np.linspace(1, 2, 50)), Mean(np.linspace(0.5, 1, 50))
    >>> judge("price", "mae", "median", {"median": naive, "svr": model}, JudgementParams()).champion
    'svr'
    """
    (found,) = judge_metrics(target, baseline, {metric: measures}, params, units=units,
                             preference=preference)  # fmt: skip
    return found


def judge_metrics(
    target: str,
    baseline: str,
    metrics: Mapping[str, Mapping[str, Measure]],
    params: JudgementParams,
    *,
    units: Ints | None = None,
    preference: Sequence[str] = (),
) -> tuple[Judgement, ...]:
    """Return the judgement by each of several metrics of the same cases, drawn once for all.

    The first decides who is champion in all of them; parameters as those of :func:`judge`.
    """
    with threadpool_limits(1):
        drawn = _resampled(metrics, units, params)
    found: list[Judgement] = []
    for metric, measures in metrics.items():
        one = _judged(target, metric, baseline, measures, drawn[metric], params)
        champion = found[0].champion if found else _champion(one[1], baseline, preference)
        rows = tuple({**row, "is_champion": row["candidate"] == champion} for row in one[0])
        found.append(Judgement(champion, rows, one[2], measures[baseline].n))
    return tuple(found)


def _judged(
    target: str,
    metric: str,
    baseline: str,
    measures: Mapping[str, Measure],
    drawn: Mapping[str, Floats],
    params: JudgementParams,
) -> tuple[list[dict[str, Any]], dict[str, Interval], dict[str, Interval]]:
    """Return rows without a champion, leads of the candidates, and the value of every method."""
    direction = 1.0 if measures[baseline].is_gain else -1.0
    leads = {name: _interval(direction * (drawn[name] - drawn[baseline]), params)
             for name in measures if name != baseline}  # fmt: skip
    values = {name: _interval(figures, params) for name, figures in drawn.items()}
    rows = [
        {
            "target": target, "candidate": name, "baseline": baseline, "metric": metric,
            "candidate_value": values[name].value, "baseline_value": values[baseline].value,
            "diff": lead.value, "ci_low": lead.low, "ci_high": lead.high,
            "n": measures[baseline].n, "verdict": verdict(lead.low, lead.high),
            "is_champion": False, "reason": None,
        }
        for name, lead in leads.items()
    ]  # fmt: skip
    return rows, leads, values


def not_judged(
    target: str, metric: str, baseline: str, candidates: Iterable[str], reason: str
) -> Judgement:
    """Return that nothing could be judged, so that the naive method answers, and why."""
    rows = tuple(
        {
            "target": target, "candidate": name, "baseline": baseline, "metric": metric,
            "candidate_value": None, "baseline_value": None, "diff": None, "ci_low": None,
            "ci_high": None, "n": 0, "verdict": "not_judged", "is_champion": False,
            "reason": reason,
        }
        for name in candidates
    )  # fmt: skip
    return Judgement(baseline, rows, {})


def comparison_table(
    judgements: Iterable[Judgement], judged_as_of: dt.date, as_of: dt.date
) -> pa.Table:
    """Return the rows of ml.model_comparisons."""
    dates = {"judged_as_of": judged_as_of, "as_of_date": as_of}
    rows = [{**row, **dates} for judgement in judgements for row in judgement.rows]
    return pa.Table.from_pylist(rows, schema=MODEL_COMPARISONS.arrow_schema)


def _champion(leads: Mapping[str, Interval], baseline: str, preference: Sequence[str]) -> str:
    better = [name for name, lead in leads.items() if lead.low > 0]
    for name in preference:
        if name in better:
            return name
    return max(better, key=lambda name: leads[name].value, default=baseline)


def _resampled(
    metrics: Mapping[str, Mapping[str, Measure]], units: Ints | None, params: JudgementParams
) -> dict[str, dict[str, Floats]]:
    """Return every measure of every metric as found (first) and for each resample."""
    sizes = {measure.n for measures in metrics.values() for measure in measures.values()}
    if len(sizes) != 1:
        raise ValueError(f"measures of {sorted(sizes)} cases; all must be of the same ones")
    n = sizes.pop()
    found: dict[str, dict[str, list[Floats]]] = {
        metric: {name: [] for name in measures} for metric, measures in metrics.items()
    }
    for weights in (np.ones((1, n)), *_draws(n, units, params)):
        for metric, measures in metrics.items():
            for name, measure in measures.items():
                found[metric][name].append(measure.at(weights))
    return {metric: {name: np.concatenate(parts) for name, parts in told.items()}
            for metric, told in found.items()}  # fmt: skip


def _draws(n: int, units: Ints | None, params: JudgementParams) -> Iterator[Floats]:
    """Yield how often each case was drawn, some resamples at a time."""
    rng = np.random.default_rng(params.seed)
    places = np.arange(n) if units is None else np.unique(units, return_inverse=True)[1]
    n_units = int(places.max()) + 1 if n else 0
    at_once = max(WEIGHTS_AT_ONCE // max(n, 1), 1)
    for start in range(0, params.resamples, at_once):
        times = min(at_once, params.resamples - start)
        drawn = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=times)
        yield drawn[:, places].astype(np.float64)


def _interval(figures: Floats, params: JudgementParams) -> Interval:
    tail = (1 - params.level) / 2
    low, high = np.nanquantile(figures[1:], [tail, 1 - tail])
    return Interval(*(round(float(x), DECIMALS) for x in (figures[0], low, high)))
