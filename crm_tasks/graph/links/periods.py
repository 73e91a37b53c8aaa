"""Pairs with the answer: not tied on one date, and whether a tie was known on a later one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from crm_tasks.graph.links.scores import Neighbourhood, Pairs

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.graph.engine import Network
    from crm_tasks.graph.engine.network import Ints
    from crm_tasks.graph.links.params import LinkParams

#: How hard it is to tell new ties from other pairs: among pairs with a common neighbour (hard,
#: what is predicted), or among pairs drawn at random (easy: most have nothing in common).
Hardness = Literal["two_hops", "random"]
HARDNESSES: tuple[Hardness, ...] = ("two_hops", "random")
ROWS_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Period:
    """One layer as known before two dates."""

    begins: dt.date
    ends: dt.date
    before: Network
    after: Network

    def new_ties(self) -> Pairs:
        """Return the ties of ``after`` that ``before`` lacks, both ways, among its tied nodes."""
        then, now = _keys(self.before), _keys(self.after)
        new = np.setdiff1d(now, then, assume_unique=True)
        n = self.before.n_nodes
        is_tied = np.zeros(n, dtype=bool)
        is_tied[then // n] = True
        first, second = new // n, new % n
        keep = is_tied[first] & is_tied[second]
        return Pairs(first[keep], second[keep])


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pairs, and which of them became ties."""

    pairs: Pairs
    is_new_tie: npt.NDArray[np.bool_]


def label(
    period: Period, around: Neighbourhood, hardness: Hardness, params: LinkParams
) -> Labelled:
    """Return pairs of sampled customers of one hardness, with their answers.

    Two hops: every candidate of each sampled customer. Random: their new ties, and as many random
    pairs as the limit leaves room for.
    """
    rng = np.random.default_rng(params.seed)
    tied = np.unique(around.network.arcs.targets).astype(np.int64)
    new = period.new_ties()
    pairs = (
        _two_hops(around, rng.permutation(tied), params)
        if hardness == "two_hops"
        else _random(around, tied, new, rng, params)
    )
    n = period.before.n_nodes
    is_new = np.isin(pairs.first * n + pairs.second, new.first * n + new.second)
    return Labelled(pairs, is_new)


def _two_hops(around: Neighbourhood, customers: Ints, params: LinkParams) -> Pairs:
    parts: list[Pairs] = []
    room = params.pairs_at_most
    for start in range(0, len(customers), ROWS_AT_ONCE):
        if room <= 0:
            break
        rows = np.sort(customers[start : start + ROWS_AT_ONCE])
        for found in around.candidates(rows):
            parts.append(found)
            room -= len(found)
    return _ordered(parts)


def _random(
    around: Neighbourhood, tied: Ints, new: Pairs, rng: np.random.Generator, params: LinkParams
) -> Pairs:
    n = around.network.n_nodes
    drawn = rng.choice(tied, (max(params.pairs_at_most - len(new), 0), 2))
    known = np.concatenate((_keys(around.network), new.first * n + new.second))
    key = np.unique(drawn[:, 0] * n + drawn[:, 1])
    key = key[(key // n != key % n) & ~np.isin(key, known)]
    return _ordered([new, Pairs(key // n, key % n)])


def _ordered(parts: list[Pairs]) -> Pairs:
    nobody = np.empty(0, dtype=np.int64)
    first = np.concatenate([nobody, *(part.first for part in parts)])
    second = np.concatenate([nobody, *(part.second for part in parts)])
    order = np.lexsort((second, first))
    return Pairs(first[order], second[order])


def _keys(network: Network) -> Ints:
    """Return one number per tie and direction, ascending."""
    both = network.undirected
    ends = (both.sources, both.targets), (both.targets, both.sources)
    return np.unique(np.concatenate([a * network.n_nodes + b for a, b in ends]))
