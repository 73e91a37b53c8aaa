"""The company's frame: how large it is, when it lives, who belongs to which block and group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from crm_tasks.planted.randoms import Draws, Indices, Shuffle, partners

Size = Literal["S", "M", "L"]
SIZES: dict[Size, int] = {"S": 2_000, "M": 100_000, "L": 1_000_000}

#: Marks the folder of an answer key; no connector reads a file that lies in such a folder.
KEY_MARK = "ANSWER_KEY"

BLOCK = 1_000
GROUP = 10
#: Communities per block: larger companies have larger communities, else the resolution limit of
#: modularity (Fortunato & Barthelemy 2007) would hide small ones from every method.
COMMUNITIES_PER_BLOCK: dict[Size, int] = {"S": 20, "M": 5, "L": 2}
PRODUCTS: dict[Size, int] = {"S": 900, "M": 2_400, "L": 6_000}
PERSONS_PER_ORGANIZATION = 50
PATTERNS = 8

START = dt.date(2023, 1, 1)
AS_OF = dt.date(2025, 1, 1)
DAYS = (AS_OF - START).days
FUTURE_DAYS = 180


@dataclass(frozen=True)
class Company:
    """One planted company; everything about it follows from size and seed."""

    size: Size
    seed: int

    @property
    def n_customers(self) -> int:
        return SIZES[self.size]

    @property
    def n_blocks(self) -> int:
        return self.n_customers // BLOCK

    @property
    def n_organizations(self) -> int:
        return self.n_customers // PERSONS_PER_ORGANIZATION

    @property
    def n_products(self) -> int:
        return PRODUCTS[self.size]

    @property
    def n_communities(self) -> int:
        return self.n_blocks * COMMUNITIES_PER_BLOCK[self.size]

    @cached_property
    def draws(self) -> Draws:
        return Draws(self.seed)

    def block(self, number: int) -> Indices:
        """Return the persons of one block."""
        return np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.int64)

    def shuffle(self, name: str) -> Shuffle:
        """Return a named permutation of all persons."""
        return Shuffle(self.draws, name, self.n_customers)

    def matched(self, name: str, person: Indices) -> Indices:
        """Return each person's partner in a named matching of all persons."""
        return partners(self.shuffle(name), person)

    def community(self, person: Indices) -> Indices:
        """Return the community each person lives in."""
        patterns = self._community_patterns
        number = person // BLOCK
        pattern = self.draws.below(PATTERNS, "community pattern", number)
        own = patterns[pattern, person % BLOCK]
        return np.asarray(number * COMMUNITIES_PER_BLOCK[self.size] + own)

    @cached_property
    def _community_patterns(self) -> Indices:
        """Eight ways to cut a block's hundred groups of ten into communities of unequal size."""
        n, rng = COMMUNITIES_PER_BLOCK[self.size], self.draws.block("communities", 0)
        shares = rng.dirichlet(np.full(n, 6.0), PATTERNS)
        n_groups = BLOCK // GROUP
        cut = np.round(np.cumsum(shares, axis=1) * (n_groups - 2 * n)).astype(np.int64)
        ends = cut + 2 * np.arange(1, n + 1)  # at least two groups, twenty persons
        groups = np.stack([np.searchsorted(row, np.arange(n_groups), "right") for row in ends])
        return np.repeat(groups, GROUP, axis=1)

    def household(self, person: Indices) -> Indices:
        """Return the household each person lives in: one to four of the same group of ten."""
        group = person // GROUP
        pattern = self.draws.below(len(HOUSEHOLDS), "household pattern", group)
        return np.asarray(group * GROUP + HOUSEHOLDS[pattern, person % GROUP])


HOUSEHOLDS = np.array(
    [
        [0, 0, 0, 1, 1, 2, 3, 4, 4, 5],
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 4],
        [0, 1, 1, 2, 2, 3, 4, 5, 6, 7],
        [0, 0, 1, 1, 1, 2, 3, 3, 4, 5],
    ],
    dtype=np.int64,
)
