"""Demand in units by a random forest over all series, judged beside the naive method.

Every row is one step ahead of one origin of one series: what was sold lately, on that day of the
week too, by the series' own level, and how far ahead the step lies. So the forest learns shapes and
not sizes, and a growing series needs no value it has not seen (Breiman 2001,
https://doi.org/10.1023/A:1010933404324).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from threadpoolctl import threadpool_limits

from crm_tasks.ml.forecasting.methods import NAIVE
from crm_tasks.ml.judgement import Judgement, JudgementParams, Mean, judge, not_judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from crm_tasks.ml.forecasting.champions import Contest

    Floats = npt.NDArray[np.float64]

FOREST, METRIC = "random_forest", "units"
WINDOWS = (7, 28, 56)
FEATURES = (*(f"mean_{days}d" for days in WINDOWS[::2]), "weekday_4w", "weekday_8w", "step")
TRAIN_EVERY = 7


def features_at(values: Floats, origin: int, steps: int) -> tuple[Floats, float]:
    """Return what is known at an origin of each step ahead, by the level of the last four weeks."""
    level = max(float(values[origin - WINDOWS[1] : origin].mean()), 1e-9)
    ahead = np.arange(steps)
    told = [np.full(steps, values[origin - days : origin].mean() / level) for days in WINDOWS[::2]]
    weeks = values[origin - WINDOWS[2] : origin].reshape(-1, 7) / level
    told += [weeks[-n:].mean(axis=0)[ahead % 7] for n in (4, 8)]
    return np.column_stack([*told, ahead]), level


def judge_demand(contests: Sequence[Contest], judging: JudgementParams, seed: int = 1) -> Judgement:
    """Return the judgement of the forest by the calibration origins of daily series of units.

    It learns from answers that were known at the earliest of them.
    """
    daily = [one for one in contests if one.kind == 1 and one.origins.calibration]
    own = [one for one in daily if one.backtest.series.metric == METRIC]
    rows = [_learned(one) for one in own]
    if not any(len(labels) for _, labels in rows):
        reason = "no daily series reaches back far enough to learn from"
        return not_judged(f"demand:{METRIC}", "mase", NAIVE, (FOREST,), reason)
    with threadpool_limits(1):
        forest = RandomForestRegressor(
            n_estimators=60, min_samples_leaf=5, max_features=0.6, n_jobs=1, random_state=seed
        ).fit(np.vstack([x for x, _ in rows]), np.concatenate([y for _, y in rows]))
        errors: dict[str, list[float]] = {NAIVE: [], FOREST: []}
        units = []
        for place, one in enumerate(own):
            for origin in one.origins.calibration:
                naive = one.backtest.trial(NAIVE, origin)
                if naive is None:
                    continue
                told, level = features_at(one.backtest.series.values, origin, len(naive.actual))
                said = level * forest.predict(told)
                error = float(np.mean(np.abs(naive.actual - said))) / max(naive.scale, 1e-9)
                errors[FOREST].append(error)
                errors[NAIVE].append(naive.scaled_error)
                units.append(place)
    measures = {name: Mean(np.array(values)) for name, values in errors.items()}
    return judge(f"demand:{METRIC}", "mase", NAIVE, measures, judging, units=np.array(units))


def _learned(one: Contest) -> tuple[Floats, Floats]:
    """Return the rows and answers of a series that were known at its first calibration origin."""
    values, steps = one.backtest.series.values, one.origins.steps
    until = min(one.origins.calibration) - steps
    told, answers = [np.empty((0, len(FEATURES)))], [np.empty(0)]
    for origin in range(until, WINDOWS[2] - 1, -TRAIN_EVERY):
        known, level = features_at(values, origin, steps)
        told.append(known)
        answers.append(values[origin : origin + steps] / level)
    return np.vstack(told), np.concatenate(answers)
