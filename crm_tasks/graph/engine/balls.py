"""How many nodes lie within t hops of each: exact by bit sets, or estimated by HyperBall.

Closeness and harmonic centrality over hops, mean hops and diameter follow from the sizes of these
balls alone. Exact: 64 searches at a time, one bit each (Then et al. 2014, MS-BFS,
https://doi.org/10.14778/2735496.2735507). Estimated: HyperBall (Boldi and Vigna 2013,
https://arxiv.org/abs/1308.2144), one HyperLogLog counter of 2^p bytes per node, united along the
ties until none changes. In a directed network balls hold the nodes whose paths lead to the node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, Network, ShortInts

Words = np.ndarray
PER_WORD = 64
#: Standard errors in a stated error, as for pivots.
WIDTH = 4.0


@dataclass(frozen=True, eq=False)
class Balls:
    """Sums over the nodes from which each node can be reached, itself left out.

    ``error``: largest relative error of the three sums, 0 if exact. ``farthest``: hops from the
    farthest of them; of an estimate, hops up to which the counter still grew.
    """

    reached: Floats
    hops: Floats
    inverse: Floats
    farthest: Ints
    error: float


def count_balls(network: Network) -> Balls:
    """Return exact sums, by 64 searches at a time."""
    n = network.n_nodes
    into = _reversed(network)
    reached, hops, inverse = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n)
    farthest = np.zeros(n, np.int64)
    _sweep(*into, reached, hops, inverse, farthest)
    return Balls(reached.astype(np.float64), hops.astype(np.float64), inverse, farthest, 0.0)


def estimate_balls(network: Network, precision: int, seed: int) -> Balls:
    """Return estimated sums; ``precision``: counters of 2^precision registers, 7 to 14.

    The relative standard error of a ball's size is 1.04 / sqrt(2^precision), and no sum over balls
    has a larger one.
    """
    n = network.n_nodes
    into = _reversed(network)
    draws = np.random.default_rng(seed).integers(0, 2**64, n, dtype=np.uint64)
    reached, hops, inverse = np.zeros(n), np.zeros(n), np.zeros(n)
    farthest = np.zeros(n, np.int64)
    _unite(*into, draws, precision, reached, hops, inverse, farthest)
    error = WIDTH * 1.04 / float(np.sqrt(2**precision))
    return Balls(reached, hops, inverse, farthest, error)


def _reversed(network: Network) -> tuple[Ints, ShortInts]:
    """Return the arcs that lead to each node, as rows."""
    if not network.is_directed:
        return network.arcs.starts, network.arcs.targets
    rows = network.without_loops().adjacency.T.tocsr()
    return rows.indptr.astype(np.int64), rows.indices


@compiled
def _sweep(
    starts: Ints,
    sources: ShortInts,
    reached: Ints,
    hops: Ints,
    inverse: Floats,
    farthest: Ints,
) -> None:
    """Add up over all searches; bit b of ``seen[v]``: search b of this block has reached v."""
    n = len(starts) - 1
    seen = np.zeros(n, dtype=np.uint64)
    front, fresh = seen.copy(), seen.copy()
    one = np.uint64(1)
    for block in range(0, n, 64):
        seen[:], front[:] = 0, 0
        for v in range(block, min(block + 64, n)):
            seen[v] = front[v] = one << np.uint64(v - block)
        level, grows = 0, True
        while grows:
            grows, level = False, level + 1
            for v in range(n):
                met = np.uint64(0)
                for at in range(starts[v], starts[v + 1]):
                    met |= front[sources[at]]
                met &= ~seen[v]
                fresh[v] = met
                if met:
                    # Bits set in a word (Warren, Hacker's Delight, 5-1).
                    bits = met - ((met >> one) & np.uint64(0x5555555555555555))
                    bits = (bits & np.uint64(0x3333333333333333)) + (
                        (bits >> np.uint64(2)) & np.uint64(0x3333333333333333)
                    )
                    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                    count = np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))
                    reached[v] += count
                    hops[v] += count * level
                    inverse[v] += count / level
                    farthest[v] = max(farthest[v], level)
                    grows = True
            for v in range(n):
                front[v] = fresh[v]
                seen[v] |= fresh[v]


@compiled
def _unite(
    starts: Ints,
    sources: ShortInts,
    draws: Words,
    precision: int,
    reached: Floats,
    hops: Floats,
    inverse: Floats,
    farthest: Ints,
) -> None:
    """Add up over all balls; row v of ``now``: the counter of the ball of v, at the last level."""
    n, m = len(starts) - 1, 1 << precision
    power = np.array([2.0**-k for k in range(66)])
    now = np.zeros((n, m), dtype=np.uint8)
    for v in range(n):
        _put(now[v], draws[v], precision)
    then, size = now.copy(), np.ones(n)
    has_changed, changes = np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    level, grows = 0, True
    while grows:
        grows, level = False, level + 1
        for v in range(n):
            is_stale = False
            for at in range(starts[v], starts[v + 1]):
                u = sources[at]
                if has_changed[u]:
                    is_stale = True
                    for j in range(m):
                        then[v, j] = max(then[v, j], now[u, j])
            changes[v] = is_stale and np.any(then[v] != now[v])
            if changes[v]:
                grows = True
                found = max(_estimate(then[v], power), size[v])
                gained = found - size[v]
                size[v] = found
                reached[v] += gained
                hops[v] += gained * level
                inverse[v] += gained / level
                farthest[v] = level
        for v in range(n):
            if changes[v]:
                now[v] = then[v]
            has_changed[v] = changes[v]


@compiled
def _put(counter: np.ndarray, draw: np.uint64, precision: int) -> None:
    """Count one node: its first bits name a register, which holds the place of the next bit set."""
    rest, rank = draw << np.uint64(precision), 1
    while rank <= 64 - precision and not rest >> np.uint64(63):
        rest <<= np.uint64(1)
        rank += 1
    counter[draw >> np.uint64(64 - precision)] = rank


@compiled
def _estimate(counter: np.ndarray, power: Floats) -> float:
    """Return the size a counter stands for (Flajolet, Fusy, Gandouet, Meunier 2007)."""
    m = len(counter)
    total, empty = 0.0, 0
    for j in range(m):
        total += power[counter[j]]
        empty += counter[j] == 0
    found = 0.7213 / (1.0 + 1.079 / m) * m * m / total
    if found <= 2.5 * m and empty > 0:
        found = m * np.log(m / empty)
    return float(found)
