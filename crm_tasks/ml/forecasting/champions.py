"""Which method forecasts a series, and whether choosing was better than the naive method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.forecasting.backtest import Backtest, ForecastParams, Origins, origins_of
from crm_tasks.ml.forecasting.bands import Bands, calibrate
from crm_tasks.ml.forecasting.methods import NAIVE
from crm_tasks.ml.judgement import Interval, Judgement, JudgementParams, Mean, judge, not_judged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.forecasting.series import Series

    Floats = npt.NDArray[np.float64]

CHOSEN = "best_of_backtest"
#: SARIMA takes ten times as long as the others together: it is tried where one series is all sales.
EVERYWHERE, WHOLE = (NAIVE, "ets", "theta"), (NAIVE, "ets", "theta", "sarima")


@dataclass(frozen=True, eq=False)
class Contest:
    """One series with its origins, its trials and the method its selection origins chose."""

    backtest: Backtest
    origins: Origins
    chosen: str

    @property
    def key(self) -> str:
        return f"{self.backtest.series.series_id}|{self.backtest.series.metric}"

    @property
    def kind(self) -> int:
        return self.backtest.series.step_days

    def scores(self, method: str, without: int | None = None) -> list[Floats]:
        """Return the scores of a method by calibration origin, one of them left out."""
        kept = (one for place, one in enumerate(self.origins.calibration) if place != without)
        trials = [self.backtest.trial(method, origin) for origin in kept]
        return [one.scores for one in trials if one is not None]

    def error(self, method: str) -> float | None:
        """Return the mean scaled error of a method over the calibration origins."""
        return self.backtest.errors(self.origins.calibration, (method,)).get(method)


def contest(
    series: Series,
    params: ForecastParams,
    backtest: Backtest | None = None,
    until: int | None = None,
) -> Contest:
    """Return the contest of methods for one series, as of its end or of an earlier step.

    ``backtest`` may hold trials that were made for another date.
    """
    origins = origins_of(until or len(series.values), series.period, params)
    backtest = backtest or Backtest(series, max(origins.steps, 1))
    methods = WHOLE if series.level == "all" else EVERYWHERE
    return Contest(backtest, origins, backtest.choose(origins.selection, methods))


def judge_methods(
    contests: Sequence[Contest], metric: str, judging: JudgementParams
) -> tuple[Judgement, ...]:
    """Return the judgements of one metric by the calibration origins, which chose nothing.

    Over all series by series, and over all sales alone by origin, SARIMA among the candidates.
    """
    own = [one for one in contests if one.backtest.series.metric == metric]
    whole = [one for one in own if one.backtest.series.level == "all"]
    return (
        _judged(f"forecast:{metric}", own, (*EVERYWHERE[1:], CHOSEN), judging),
        _judged(f"forecast:all:{metric}", whole, WHOLE[1:], judging),
    )


def _judged(
    target: str, contests: Sequence[Contest], candidates: Sequence[str], judging: JudgementParams
) -> Judgement:
    cases = [(one, origin) for one in contests for origin in one.origins.calibration]
    if not cases:
        reason = "no series reaches back far enough to be forecast from its own past"
        return not_judged(target, "mase", NAIVE, candidates, reason)
    errors, failed = {}, {}
    for name in (NAIVE, *candidates):
        trials = [one.backtest.trial(one.chosen if name == CHOSEN else name, origin)
                  for one, origin in cases]  # fmt: skip
        if all(trial is not None for trial in trials):
            errors[name] = Mean(np.array([trial.scaled_error for trial in trials if trial]))
        else:
            failed[name] = next(one.backtest.failures[name] for one in contests
                                if name in one.backtest.failures)  # fmt: skip
    by_series = len(contests) > 1
    places = [
        (place, origin) for place, one in enumerate(contests) for origin in one.origins.calibration
    ]
    units = np.array([place if by_series else origin for place, origin in places])
    found = judge(target, "mase", NAIVE, errors, judging, units=units, preference=(CHOSEN,))
    rows = [*found.rows]
    for name, reason in failed.items():
        rows += not_judged(target, "mase", NAIVE, (name,), reason).rows
    return Judgement(found.champion, tuple(rows), found.values, found.n)


def bands_of(
    contests: Sequence[Contest],
    methods: Mapping[str, str],
    params: ForecastParams,
    without: int | None = None,
) -> dict[int, Bands | None]:
    """Return the bands of each kind of series (days a step), from the methods that answer."""
    return {
        kind: calibrate(
            {
                one.key: one.scores(methods[one.key], without)
                for one in contests
                if one.kind == kind
            },
            params.levels,
            params.own_weight,
        )
        for kind in sorted({one.kind for one in contests})
    }


def measured_coverage(
    contests: Sequence[Contest],
    methods: Mapping[str, str],
    params: ForecastParams,
    judging: JudgementParams,
    metric: str,
) -> dict[str, Interval]:
    """Return the share of a metric's steps inside the bands the other origins would have given.

    The interval is of the mean over series.
    """
    held: dict[float, dict[str, list[float]]] = {level: {} for level in params.levels}
    for place in range(params.calibration_origins):
        bands = bands_of(contests, methods, params, without=place)
        for one in (each for each in contests if each.backtest.series.metric == metric):
            calibrated = bands[one.kind]
            if place >= len(one.origins.calibration) or calibrated is None:
                continue
            trial = one.backtest.trial(methods[one.key], one.origins.calibration[place])
            if trial is None:
                continue
            for level, shares in held.items():
                low, high = calibrated.around(one.key, trial.path, level)
                n = len(trial.actual)
                inside = (trial.actual >= low[:n]) & (trial.actual <= high[:n])
                shares.setdefault(one.key, []).append(float(inside.mean()))
    return {
        f"coverage_{round(100 * level)}": mean_over_series(list(shares.values()), judging)
        for level, shares in held.items()
        if shares
    }


def mean_over_series(shares: Sequence[Sequence[float]], judging: JudgementParams) -> Interval:
    """Return the mean share with its bootstrap interval; series are drawn, not their origins."""
    told = np.array([np.mean(own) for own in shares], dtype=np.float64)
    rng = np.random.default_rng(judging.seed)
    drawn = rng.choice(told, (judging.resamples, len(told))).mean(axis=1)
    tail = (1 - judging.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(*(round(float(v), 6) for v in (told.mean(), low, high)))
