"""A multiple-choice problem: at most one option per unit, limits shared by all.

    maximise   sum gain[j] x[j]
    subject to sum of x over a unit's options <= 1,
               at_least[r] <= sum use[j] x[j] over the options in row r <= at_most[r].

A family is a set of rows such that an option stands in one of them at most: the days, the channels
of each day, the groups of a fairness bound, or the one budget. Families are what keeps the problem
flat: prices and uses of millions of options are looked up in short arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

#: Uses are whole numbers (money in its smallest unit), so this much is a rounding.
SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Family:
    """Limits of one kind.

    Attributes
    ----------
    name : str
        What is limited.
    scopes : tuple of str
        What each row is about.
    row : ndarray of int64, shape (n_options,)
        The row an option stands in; -1 for none.
    use : ndarray of float64, shape (n_options,)
        How much of it the option takes, in whole numbers.
    at_most, at_least : ndarray of float64, shape (n_rows,)
        The limits; inf and 0 where there is none.
    """

    name: str
    scopes: tuple[str, ...]
    row: Ints
    use: Floats
    at_most: Floats
    at_least: Floats

    def used(self, options: Ints) -> Floats:
        """Return what a choice of options takes of every row."""
        rows, use = self.row[options], self.use[options]
        counted = rows >= 0
        sums = np.bincount(rows[counted], use[counted], minlength=len(self.at_most))
        return sums.astype(np.float64)

    def fits(self, options: Ints, left: Floats) -> Flags:
        """Return which options fit into what is left."""
        room = np.append(left, np.inf)
        fits: Flags = self.use[options] <= room[self.row[options]] + SLACK
        return fits

    def of(self, options: Ints) -> Family:
        """Return the family of some options only, with all its rows."""
        return replace(self, row=self.row[options], use=self.use[options])


@dataclass(frozen=True, eq=False)
class Problem:
    """What may be chosen; options of a unit stand together, units count from 0."""

    unit: Ints
    gain: Floats
    families: tuple[Family, ...]

    @cached_property
    def place(self) -> Ints:
        """The place of each option's unit among the units that have options."""
        return np.cumsum(np.r_[0, self.unit[1:] != self.unit[:-1]]).astype(np.int64)[
            : len(self.unit)
        ]

    @property
    def n_units(self) -> int:
        return int(self.place[-1]) + 1 if len(self.unit) else 0

    def of(self, options: Ints) -> Problem:
        """Return the problem of some options only."""
        families = tuple(family.of(options) for family in self.families)
        return Problem(self.unit[options], self.gain[options], families)

    def with_limits(self, at_most: Sequence[Floats], at_least: Sequence[Floats]) -> Problem:
        """Return the same options under other limits."""
        families = tuple(
            replace(family, at_most=most, at_least=least)
            for family, most, least in zip(self.families, at_most, at_least, strict=True)
        )
        return replace(self, families=families)

    def reduced(self, prices: Sequence[Floats]) -> Floats:
        """Return each option's gain less what it takes, at the prices of the rows."""
        left = self.gain.copy()
        for family, price in zip(self.families, prices, strict=True):
            if np.any(price):
                left -= family.use * np.append(price, 0.0)[family.row]
        return left

    def value(self, options: Ints) -> float:
        """Return what a choice gains."""
        return float(self.gain[options].sum())


def best_of_each(place: Ints, worth: Floats) -> Ints:
    """Return where the first option of the highest worth of each unit stands.

    >>> best_of_each(np.array([0, 0, 4]), np.array([1.0, 2.0, -1.0])).tolist()
    [1, 2]
    """
    if not len(place):
        return np.zeros(0, dtype=np.int64)
    is_first = np.r_[True, place[1:] != place[:-1]]
    highest = np.maximum.reduceat(worth, np.flatnonzero(is_first))
    found = np.flatnonzero(worth == highest[np.cumsum(is_first) - 1])
    at = place[found]
    return found[np.r_[True, at[1:] != at[:-1]]].astype(np.int64)
