"""Value models out of time: what they said before a period against what the period brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.ml.judgement import (
    Interval,
    Judgement,
    JudgementParams,
    Mean,
    calibration_error,
    judge,
    not_judged,
    reliability,
)
from crm_tasks.ml.value.model import KINDS, ValueModel, ValueParams, fit_value, own_rate
from crm_tasks.ml.value.ranking import expected_amounts, fit_ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]

OWN_RATE, PAST_AMOUNT, BOOSTED = "own_rate", "past_amount", "boosted"
CANDIDATES = tuple(f"{kind}+gamma_gamma" for kind in KINDS)
TOP_SHARE = 0.1
LEARNING_DAYS = 60  # known of a customer base before anything is learned of it


@dataclass(frozen=True)
class ValueJudgement:
    """What became of the value models.

    Attributes
    ----------
    target, ranking_target : str
        As in ml.model_comparisons.
    purchases, ranking : Judgement
        Expected purchases (mean squared error), and whom to prefer (share of all that is paid by
        the tenth ranked first).
    figures : mapping of str to mapping of str to Interval
        Further figures of each model: total predicted by total seen, calibration error.
    bins : mapping of str to sequence of dict
        Reliability of each model's probability of a purchase.
    days : int
        Length of the period that judged; 0 where there was none.
    """

    target: str
    ranking_target: str
    purchases: Judgement
    ranking: Judgement
    figures: Mapping[str, Mapping[str, Interval]]
    bins: Mapping[str, Sequence[Mapping[str, Any]]]
    days: int

    @property
    def champion(self) -> str:
        return self.purchases.champion


def judge_value(
    days: PurchaseDays, end: int, params: ValueParams, judging: JudgementParams
) -> ValueJudgement:
    """Return the judgement of value models by the last days before day ``end``."""
    length = min(params.judged_days, (end - LEARNING_DAYS) // 2)
    names = f"purchases:{params.judged_days}d", f"value_rank:{params.judged_days}d"
    start = end - length
    seen = days.until(max(start, 0))
    models = {} if length < params.horizons[0] else _fitted(days, seen, params, length)
    if not models or len(seen.x) < judging.cases_at_least:
        reason = _too_little(length, params, seen, judging)
        return ValueJudgement(
            *names,
            not_judged(names[0], "mse", OWN_RATE, CANDIDATES, reason),
            not_judged(names[1], "top_tenth_share", PAST_AMOUNT, (*CANDIDATES, BOOSTED), reason),
            {}, {}, 0,
        )  # fmt: skip
    seen = seen.sample(params.customers_at_most)
    bought, paid = (each[seen.customer] for each in days.bought_between(start, end))
    squared = {name: Mean((model.expected_purchases(seen, length) - bought) ** 2)
               for name, model in models.items()}  # fmt: skip
    squared[OWN_RATE] = Mean((own_rate(seen, length) - bought) ** 2)
    likeliest = sorted(models, key=lambda name: -models[name].buying.log_likelihood)
    purchases = judge(names[0], "mse", OWN_RATE, squared, judging, preference=likeliest)
    scores = _scores(days, seen, models, length, params)
    worth = np.maximum(paid, 0.0)
    shares = {name: Mean(worth * _is_top(score), worth, is_gain=True)
              for name, score in scores.items()}  # fmt: skip
    ranking = judge(names[1], "top_tenth_share", PAST_AMOUNT, shares, judging)
    told = {name: _calibration(model, seen, length, bought, judging)
            for name, model in models.items()}  # fmt: skip
    bins = {name: reliability((bought > 0).astype(np.int64), model.p_buys(seen, length))
            for name, model in models.items()}  # fmt: skip
    return ValueJudgement(*names, purchases, ranking, told, bins, length)


def _too_little(length: int, params: ValueParams, seen: Seen, judging: JudgementParams) -> str:
    if length < params.horizons[0]:
        return (f"a judgement needs {LEARNING_DAYS} days to learn from and twice "
                f"{params.horizons[0]} more; there are {2 * length + LEARNING_DAYS}")  # fmt: skip
    if len(seen.x) < judging.cases_at_least:
        return f"{len(seen.x)} customers before the period; {judging.cases_at_least} are needed"
    return (f"{int((seen.x > 0).sum())} customers had come back before the period, or the "
            f"likelihood had no maximum; {params.repeaters_at_least} are needed")  # fmt: skip


def _fitted(
    days: PurchaseDays, seen: Seen, params: ValueParams, ahead: int
) -> dict[str, ValueModel]:
    found = (fit_value(seen, days.weekday_of_first, params, kind, ahead=ahead) for kind in KINDS)
    return {model.name: model for model in found if model is not None}


def _scores(
    days: PurchaseDays,
    seen: Seen,
    models: Mapping[str, ValueModel],
    length: int,
    params: ValueParams,
) -> dict[str, Floats]:
    """Return what each method ranks customers by."""
    scores = {name: model.expected_purchases(seen, length) * model.expected_value(seen)
              for name, model in models.items()}  # fmt: skip
    before = days.until(seen.end - length)
    if len(before.x) >= params.customers_at_least:
        boosted = fit_ranking(days, before, seen.end, params)
        scores[BOOSTED] = expected_amounts(boosted, days, seen)
    scores[PAST_AMOUNT] = seen.total / np.maximum(seen.end - seen.first, 1)
    return scores


def _is_top(score: Floats) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(score), dtype=bool)
    n = max(round(TOP_SHARE * len(score)), 1)
    chosen[np.argsort(-score, kind="stable")[:n]] = True
    return chosen


def _calibration(
    model: ValueModel, seen: Seen, length: int, bought: Floats, judging: JudgementParams
) -> dict[str, Interval]:
    """Return predicted by seen purchases in total, and the calibration error, with intervals."""
    expected, p = model.expected_purchases(seen, length), model.p_buys(seen, length)
    has_bought = (bought > 0).astype(np.int64)
    rng = np.random.default_rng(judging.seed)
    n, drawn = len(bought), []
    for _ in range(judging.resamples):
        again = rng.integers(0, n, n)
        drawn.append((expected[again].sum() / max(bought[again].sum(), 1.0),
                      calibration_error(has_bought[again], p[again])))  # fmt: skip
    found = (expected.sum() / max(bought.sum(), 1.0), calibration_error(has_bought, p))
    tail = (1 - judging.level) / 2
    low, high = np.quantile(np.array(drawn), [tail, 1 - tail], axis=0)
    return {name: Interval(*(round(float(v), 6) for v in (found[i], low[i], high[i])))
            for i, name in enumerate(("total_ratio", "ece"))}  # fmt: skip
