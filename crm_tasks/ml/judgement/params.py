"""Every number a judgement depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JudgementParams:
    """Parameters of a judgement; made without arguments, the house's own.

    Attributes
    ----------
    resamples, level : int, float
        Bootstrap samples behind an interval, and its level.
    bins : int
        Groups of equal size that calibration is looked at in.
    cases_at_least, positives_at_least : int
        Below so many cases, or so many of the rarer answer, nothing is judged: the naive method
        answers, and a row says why.
    origins_at_most : int
        Training origins used, the latest ones.
    gap_days : int
        Days between the end of the last training answer and the test origin.
    oracle_auc : float
        A single column that tells the answer better than this is taken for a leak.
    seed : int
        Of every draw.
    """

    resamples: int = 400
    level: float = 0.95
    bins: int = 10
    cases_at_least: int = 100
    positives_at_least: int = 25
    origins_at_most: int = 4
    gap_days: int = 1
    oracle_auc: float = 0.995
    seed: int = 1
