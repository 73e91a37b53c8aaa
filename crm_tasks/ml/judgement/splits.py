"""Splits in time: what is learned from ends before what is judged by begins, with a gap between.

An origin is a date. Features of an origin are what was known before its 00:00, its answer is what
happened in the ``horizon_days`` from then on. A random split would learn from a customer's future.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tasks.ml.judgement.params import JudgementParams


@dataclass(frozen=True)
class TooLittle:
    """Why nothing can be judged."""

    reason: str


@dataclass(frozen=True)
class TimeSplit:
    """Origins to learn from, the origin judged by, and those the final model learns from.

    Every training origin plus horizon plus gap is on or before the test origin; the test origin
    plus horizon is the as-of date. ``final_origins`` end with the test origin: the model that
    answers may learn from all answers that are known, after the judgement.
    """

    train_origins: tuple[dt.date, ...]
    test_origin: dt.date
    horizon_days: int
    gap_days: int

    @property
    def final_origins(self) -> tuple[dt.date, ...]:
        return (*self.train_origins[1:], self.test_origin)

    def __post_init__(self) -> None:
        last = self.train_origins[-1] + dt.timedelta(days=self.horizon_days + self.gap_days)
        if last > self.test_origin:
            raise ValueError(
                f"training answers are known on {last}, after the test origin {self.test_origin}"
            )


def split_in_time(
    as_of: dt.date,
    first_day: dt.date,
    horizon_days: int,
    history_days: int,
    params: JudgementParams,
) -> TimeSplit | TooLittle:
    """Return the split of a target as of a date, or why there is none.

    Parameters
    ----------
    as_of, first_day : datetime.date
        Facts reach from ``first_day`` to the day before ``as_of``.
    horizon_days, history_days : int
        Length of the answer, and how many days of history an origin needs at least.

    Examples
    --------
    >>> from crm_tasks.ml.judgement.params import JudgementParams
    >>> day = dt.date
    >>> found = split_in_time(day(2018, 1, 1), day(2017, 1, 1), 30, 60, JudgementParams(gap_days=1))
    >>> found.test_origin.isoformat(), found.train_origins[-1].isoformat()
    ('2017-12-02', '2017-11-01')
    >>> split_in_time(day(2018, 1, 1), day(2017, 11, 1), 30, 60, JudgementParams()).reason
    'facts reach back to 2017-11-01; a test after 60 days of history needs 2017-09-02'
    """
    test = as_of - dt.timedelta(days=horizon_days)
    latest = test - dt.timedelta(days=params.gap_days + horizon_days)
    earliest = first_day + dt.timedelta(days=history_days)
    if latest < earliest:
        needed = latest - dt.timedelta(days=history_days)
        return TooLittle(
            f"facts reach back to {first_day}; a test after {history_days} days of history "
            f"needs {needed}"
        )
    # Windows of one customer do not overlap: what one answer holds, no other answer repeats.
    spaced = [latest - dt.timedelta(days=i * horizon_days) for i in range(params.origins_at_most)]
    origins = tuple(sorted(origin for origin in spaced if origin >= earliest))
    return TimeSplit(origins, test, horizon_days, params.gap_days)
