"""Calibration: that of the customers given 20 %, 20 % do it.

Probabilities are corrected by what out-of-fold predictions came to, with Platt's (1999) sigmoid or
isotonic regression (Zadrozny and Elkan 2002), whichever has the lower cross-fitted log loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from crm_tasks.ml.judgement.measures import CLIP, log_losses

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

Kind = Literal["sigmoid", "isotonic"]
#: Isotonic regression needs many cases; below this it follows noise.
ISOTONIC_AT_LEAST = 1_000


@dataclass(frozen=True, eq=False)
class Calibrator:
    """From a model's log odds to a probability; plain numbers, so that it can stand in a table.

    Attributes
    ----------
    kind : {'sigmoid', 'isotonic'}
        Sigmoid: ``slope * log_odds + offset`` are the calibrated log odds. Isotonic: linear between
        the points (``at``, ``gives``), level outside.
    """

    kind: Kind
    slope: float
    offset: float
    at: Floats
    gives: Floats

    @classmethod
    def fit(cls, labels: Ints, log_odds: Floats, groups: Ints) -> Calibrator:
        """Return the better of both, learned from out-of-fold log odds.

        ``groups`` are the folds; each kind is judged on the fold it did not learn from.
        """
        if len(labels) < ISOTONIC_AT_LEAST:
            return cls._fit("sigmoid", labels, log_odds)
        losses: dict[Kind, float] = {"sigmoid": 0.0, "isotonic": 0.0}
        for fold in np.unique(groups):
            inside, outside = groups != fold, groups == fold
            for kind in losses:
                made = cls._fit(kind, labels[inside], log_odds[inside])
                losses[kind] += log_losses(labels[outside], made(log_odds[outside])).sum()
        best: Kind = "isotonic" if losses["isotonic"] < losses["sigmoid"] else "sigmoid"
        return cls._fit(best, labels, log_odds)

    @classmethod
    def _fit(cls, kind: Kind, labels: Ints, log_odds: Floats) -> Calibrator:
        nothing = np.empty(0)
        if kind == "sigmoid":
            line = LogisticRegression(C=1e6).fit(log_odds[:, None], labels)
            return cls(kind, float(line.coef_[0, 0]), float(line.intercept_[0]), nothing, nothing)
        steps = IsotonicRegression(out_of_bounds="clip").fit(log_odds, labels)
        gives = np.clip(steps.y_thresholds_, CLIP, 1 - CLIP)
        return cls(kind, 1.0, 0.0, steps.X_thresholds_, gives)

    def __call__(self, log_odds: Floats) -> Floats:
        """Return calibrated probabilities."""
        if self.kind == "sigmoid":
            return np.asarray(expit(self.slope * log_odds + self.offset), dtype=np.float64)
        return np.interp(log_odds, self.at, self.gives)

    def log_odds(self, raw: Floats) -> Floats:
        """Return calibrated log odds."""
        return np.asarray(logit(self(raw)), dtype=np.float64)

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        points = {"at": self.at.tolist(), "gives": self.gives.tolist()}
        return {"kind": self.kind, "slope": self.slope, "offset": self.offset, **points}

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> Calibrator:
        """Return what :meth:`told` told."""
        at, gives = np.array(told["at"], float), np.array(told["gives"], float)
        return cls(told["kind"], told["slope"], told["offset"], at, gives)


def calibration_error(labels: Ints, probabilities: Floats, bins: int = 10) -> float:
    """Return the expected calibration error over groups of equal size.

    >>> calibration_error(np.array([0, 1, 0, 1]), np.full(4, 0.5), bins=1)
    0.0
    """
    gaps = [
        abs(probabilities[b].mean() - labels[b].mean()) * len(b)
        for b in _groups(probabilities, bins)
    ]
    return float(sum(gaps) / max(len(labels), 1))


def reliability(labels: Ints, probabilities: Floats, bins: int = 10) -> list[dict[str, Any]]:
    """Return predicted and observed shares by groups of equal size, the lowest first."""
    rows = []
    for number, group in enumerate(_groups(probabilities, bins), 1):
        came = int(labels[group].sum())
        ends = binomtest(came, len(group)).proportion_ci(method="wilson")
        rows.append(
            {
                "bin": number,
                "n": len(group),
                "mean_probability": round(float(probabilities[group].mean()), 6),
                "observed_share": round(came / len(group), 6),
                "ci_low": round(float(ends.low), 6),
                "ci_high": round(float(ends.high), 6),
            }
        )
    return rows


def _groups(probabilities: Floats, bins: int) -> list[Ints]:
    order = np.argsort(probabilities, kind="stable")
    return [part for part in np.array_split(order, bins) if len(part)]
