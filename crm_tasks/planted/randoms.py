"""Random numbers that depend on what they are for, never on when they are drawn.

A number belongs to (seed, stream, index): any block of the company can be made alone, in any order,
and fits all others. Counter-based hashing is splitmix64 (Steele, Lea, Flood 2014,
https://doi.org/10.1145/2660193.2660195).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
MANTISSA_BITS = 53
FEISTEL_ROUNDS = 4


def mixed(words: Words) -> Words:
    """Return splitmix64's finaliser of each word.

    >>> int(mixed(np.array([1], dtype=np.uint64))[0])
    6238072747940578789
    """
    words = (words ^ (words >> np.uint64(30))) * FIRST
    words = (words ^ (words >> np.uint64(27))) * SECOND
    return np.asarray(words ^ (words >> np.uint64(31)), dtype=np.uint64)


@dataclass(frozen=True)
class Draws:
    """Every random number of one company."""

    seed: int

    def words(self, stream: str, *indices: Indices) -> Words:
        """Return one 64-bit word per row of the index columns."""
        start = np.array([self.seed, zlib.crc32(stream.encode())], dtype=np.uint64)
        found = mixed(mixed(start[:1] + GOLDEN) + start[1:] * GOLDEN)
        for index in indices:
            found = mixed(found + (np.asarray(index).astype(np.uint64) + np.uint64(1)) * GOLDEN)
        return found

    def uniform(self, stream: str, *indices: Indices) -> Floats:
        """Return numbers strictly between 0 and 1."""
        top = self.words(stream, *indices) >> np.uint64(64 - MANTISSA_BITS)
        return np.asarray((top.astype(np.float64) + 0.5) / 2.0**MANTISSA_BITS)

    def normal(self, stream: str, *indices: Indices) -> Floats:
        """Return standard normal numbers."""
        return np.asarray(ndtri(self.uniform(stream, *indices)))

    def below(self, bound: int | Indices, stream: str, *indices: Indices) -> Indices:
        """Return whole numbers from 0 to bound - 1."""
        return np.asarray((self.uniform(stream, *indices) * bound).astype(np.int64))

    def happens(self, share: float | Floats, stream: str, *indices: Indices) -> Flags:
        """Return True in the given share of rows."""
        return np.asarray(self.uniform(stream, *indices) < share)

    def block(self, stream: str, number: int) -> np.random.Generator:
        """Return the generator of one block's own draws."""
        return np.random.default_rng([self.seed, zlib.crc32(stream.encode()), number])


@dataclass(frozen=True)
class Shuffle:
    """A permutation of 0..n-1 that needs no table: a Feistel network with cycle walking.

    >>> shuffle = Shuffle(Draws(7), "ids", 10)
    >>> sorted(int(place) for place in shuffle.place(np.arange(10)))
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    >>> [int(i) for i in shuffle.origin(shuffle.place(np.arange(10)))]
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    draws: Draws
    name: str
    n: int

    @cached_property
    def _half_bits(self) -> int:
        return max(1, (max(self.n - 1, 1).bit_length() + 1) // 2)

    def place(self, index: Indices) -> Indices:
        """Return where each index stands."""
        return self._walk(index, list(range(FEISTEL_ROUNDS)), is_forward=True)

    def origin(self, place: Indices) -> Indices:
        """Return which index stands at each place."""
        return self._walk(place, list(reversed(range(FEISTEL_ROUNDS))), is_forward=False)

    def _walk(self, index: Indices, order: list[int], *, is_forward: bool) -> Indices:
        found = self._once(np.asarray(index, dtype=np.int64), order, is_forward=is_forward)
        while (outside := found >= self.n).any():
            found[outside] = self._once(found[outside], order, is_forward=is_forward)
        return found

    def _once(self, index: Indices, rounds: list[int], *, is_forward: bool) -> Indices:
        mask = (1 << self._half_bits) - 1
        left, right = index >> self._half_bits, index & mask
        for number in rounds:
            if is_forward:
                left, right = right, left ^ (self._round(right, number) & mask)
            else:
                left, right = right ^ (self._round(left, number) & mask), left
        return np.asarray((left << self._half_bits) | right)

    def _round(self, half: Indices, number: int) -> Indices:
        words = self.draws.words(f"{self.name}/{number}", half)
        return np.asarray((words >> np.uint64(33)).astype(np.int64))


def partners(shuffle: Shuffle, index: Indices) -> Indices:
    """Return each index's partner in a perfect matching; the partner's partner is oneself.

    With an odd n the last one is paired with itself.
    """
    other = shuffle.place(index) ^ 1
    other = np.where(other < shuffle.n, other, shuffle.n - 1)
    return shuffle.origin(other)
