"""Bands that cover what they say: quantiles of errors out of time, scaled, pooled and corrected.

A band of 80 % taken from the few errors of one series at one step covers far less: there are too
few of them, those of the method that won on them are too small, and one factor for all steps is too
narrow late and too wide early. Here an error is divided by

- the spread its method gives the step, which knows how errors of this series grow,
- a factor of the step's part of the horizon, from all series of the kind,
- a factor of the series, from its other origins and shrunk to that of the kind,

and the quantile of what remains, over all series of the kind, with the finite-sample correction
(n + 1) level / n (Vovk, Gammerman, Shafer 2005; Lei et al. 2018,
https://doi.org/10.1080/01621459.2017.1307116), is the half-width in these units. The n of the
correction counts series and origins, not steps: errors of one path are not independent. Origins
that chose the method take no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.forecasting.methods import Path

    Floats = npt.NDArray[np.float64]

#: Ends of the parts of the horizon that have a factor each.
PARTS = (7, 14, 21)
#: A score beyond counts as this in factors (not in quantiles): one wild day is not the series.
LEAST_SCORE, CLIP = 1e-6, 8.0


@dataclass(frozen=True, eq=False)
class Bands:
    """What turns a forecast into bands: by level, part of the horizon and series of one kind.

    Attributes
    ----------
    half_widths : mapping of float to float
        By level, in units of scaled spread.
    parts : ndarray of float64
        Factor of each part of the horizon.
    own : mapping of str to float
        Factor of each series; one without calibration has that of the kind.
    of_kind : float
        Factor of a series nothing is known of.
    """

    half_widths: Mapping[float, float]
    parts: Floats
    own: Mapping[str, float]
    of_kind: float

    def around(self, key: str, path: Path, level: float) -> tuple[Floats, Floats]:
        """Return the lower and upper end of each step of a series' forecast."""
        parts = self.parts[_part_of(len(path.mean))]
        half = self.half_widths[level] * self.own.get(key, self.of_kind) * parts * path.spread
        return path.mean - half, path.mean + half


def calibrate(
    scores: Mapping[str, Sequence[Floats]], levels: Sequence[float], own_weight: float
) -> Bands | None:
    """Return the bands of series of one kind, None without a single score.

    Parameters
    ----------
    scores : mapping of str to sequence of ndarray of float64
        By series: for each calibration origin the errors by the method's spread, one per step.
    own_weight : float
        Origins' worth of evidence that a series is like its kind.
    """
    told = {key: paths for key, paths in scores.items() if len(paths)}
    if not told:
        return None
    parts = _parts(told)
    level_of = {key: np.array([_mean_square(path / parts[_part_of(len(path))]) for path in paths])
                for key, paths in told.items()}  # fmt: skip
    of_kind = float(np.median([np.mean(squares) for squares in level_of.values()]))
    own, rest = {}, []
    for key, paths in told.items():
        squares = level_of[key]
        total, n = squares.sum() + own_weight * of_kind, len(squares) + own_weight
        own[key] = float(np.sqrt(total / n))
        # An origin's errors are scaled by the factor the other origins give.
        others = np.sqrt((total - squares) / (n - 1))
        rest += [np.abs(path) / parts[_part_of(len(path))] / other
                 for path, other in zip(paths, others, strict=True)]  # fmt: skip
    n_paths, pooled = len(rest), np.concatenate(rest)
    half = {level: float(np.quantile(pooled, min((n_paths + 1) * level / n_paths, 1.0)))
            for level in levels}  # fmt: skip
    return Bands(half, parts, own, float(np.sqrt(of_kind)))


def _part_of(steps: int) -> npt.NDArray[np.int64]:
    return np.searchsorted(PARTS, np.arange(steps), side="right")


def _mean_square(scores: Floats) -> float:
    return float(np.mean(np.clip(np.abs(scores), LEAST_SCORE, CLIP) ** 2))


def _parts(told: Mapping[str, Sequence[Floats]]) -> Floats:
    """Return the mean size of errors in each part of the horizon by that of their whole path.

    Path by path, so that wild series do not speak for all. A part no path reaches has the factor of
    the one before.
    """
    sums, number = np.zeros(len(PARTS) + 1), np.zeros(len(PARTS) + 1)
    for path in (path for paths in told.values() for path in paths):
        part, size = _part_of(len(path)), np.maximum(np.abs(path), LEAST_SCORE)
        steps = np.bincount(part, minlength=len(sums))
        sums += np.bincount(part, size, minlength=len(sums)) / np.maximum(steps, 1) / size.mean()
        number += steps > 0
    mean = sums / np.maximum(number, 1)
    for place in range(1, len(mean)):
        mean[place] = mean[place] if number[place] else mean[place - 1]
    return mean
