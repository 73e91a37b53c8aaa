"""Panels: customers at several origins, with features of before and the answer of after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.ml.propensity.calendar import learn_calendar, purchases_of
from crm_tasks.ml.propensity.facts import EVERYBODY, Cases
from crm_tasks.ml.propensity.wording import NAMES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from crm_tasks.ml.propensity.calendar import Calendar
    from crm_tasks.ml.propensity.facts import Facts
    from crm_tasks.ml.propensity.params import Target
    from crm_tasks.ml.value.histories import PurchaseDays

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """Cases of one or more origins, one after the other: who, features, answer (1 yes, 0 no).

    ``n_cases`` has the number of cases of each origin.
    """

    customers: Ints
    matrix: Floats
    labels: Ints
    n_cases: Mapping[dt.date, int]

    def __len__(self) -> int:
        return len(self.labels)


class Panels:
    """Makes panels and remembers what several targets share: cases of an origin, calendars."""

    def __init__(self, facts: Facts, digest_below: int = EVERYBODY) -> None:
        self._facts, self._digest_below = facts, digest_below
        self._cases: dict[dt.date, Cases] = {}
        self._calendars: dict[dt.date, Calendar | None] = {}

    def of(self, target: Target, origins: Sequence[dt.date]) -> Panel:
        """Return the panel of a target at some origins."""
        parts = [self._at(target, origin) for origin in origins]
        sizes = [len(labels) for _, labels in parts]
        return Panel(
            np.concatenate([cases.customers for cases, _ in parts]),
            np.concatenate([cases.matrix for cases, _ in parts]),
            np.concatenate([labels for _, labels in parts]),
            dict(zip(origins, sizes, strict=True)),
        )

    def calendar(self, before: dt.date) -> Calendar | None:
        """Return the calendar that was known at the beginning of a day."""
        if before not in self._calendars:
            self._calendars[before] = learn_calendar(self._purchase_days, before)
        return self._calendars[before]

    @cached_property
    def _purchase_days(self) -> PurchaseDays:
        return purchases_of(self._facts, self._digest_below)

    def _at(self, target: Target, origin: dt.date) -> tuple[Cases, Ints]:
        if origin not in self._cases:
            self._cases[origin] = self._facts.cases(origin, self._digest_below)
        cases = asked(self._cases[origin], target)
        buyers = self._facts.bought(origin, target.horizon_days)
        buys = np.isin(cases.customers, buyers)
        return cases, (~buys if target.kind == "churn" else buys).astype(np.int64)


def asked(cases: Cases, target: Target) -> Cases:
    """Return the customers a target asks about."""
    if target.active_days is None:
        return cases
    return cases.take(cases.column("recency_days") <= target.active_days)


def usable_columns(matrix: Floats) -> tuple[str, ...]:
    """Return the features that differ between cases at all; a source feeds not all of them.

    >>> matrix = np.zeros((2, len(NAMES)))
    >>> matrix[0, 0] = 3.0
    >>> usable_columns(matrix)
    ('recency_days',)
    """
    kept = []
    for place, name in enumerate(NAMES):
        column = matrix[:, place]
        known = column[~np.isnan(column)]
        if len(known) and (known.min() < known.max() or len(known) < len(column)):
            kept.append(name)
    return tuple(kept)


def columns(matrix: Floats, names: Sequence[str]) -> Floats:
    """Return the columns of some features, in that order."""
    return matrix[:, [NAMES.index(name) for name in names]]
