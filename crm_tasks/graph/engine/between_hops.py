"""Betweenness over hops from sampled shortest paths (Riondato and Kornaropoulos 2016).

A sample draws two nodes, then one of the shortest paths between them, each as likely as another;
a node's betweenness is the chance to lie within. Paths are found as in KADABRA (Borassi and Natale
2016, https://arxiv.org/abs/1604.08553), by searching from both ends, always on where fewer ties
lie ahead. KADABRA's own stopping rule needs the diameter, which took NetworKit 17 of 18 seconds at
a million ties (and it knows no directions); here the number of samples is given, and the error
follows from them: the empirical Bernstein bound (Maurer and Pontil 2009,
https://arxiv.org/abs/0907.3740), which all nodes together keep with probability ``CONFIDENCE``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, Network, ShortInts

CONFIDENCE = 0.95


def sample_betweenness_hops(network: Network, samples: int, seed: int) -> tuple[Floats, Floats]:
    """Return betweenness over hops and the error of each node's figure."""
    n = network.n_nodes
    if n < 3 or network.n_edges == 0:  # noqa: PLR2004 (somebody stands between two others)
        return np.zeros(n), np.zeros(n)
    plain = network.without_loops().adjacency
    onward = plain.indptr.astype(np.int64), plain.indices
    back = plain.T.tocsr() if network.is_directed else plain
    backward = back.indptr.astype(np.int64), back.indices
    random = np.random.default_rng(seed)
    source = random.integers(0, n, samples)
    target = (source + random.integers(1, n, samples)) % n
    through = np.zeros(n, dtype=np.int64)
    _walk(*onward, *backward, source, target, random.random((samples, 2)), through)
    # Drawn over pairs that a node is an end of, too: a pair of others is (n - 2) / n of them.
    share = through / samples
    chance = np.log(4 * n / (1.0 - CONFIDENCE))
    error = np.sqrt(2 * share * (1 - share) * chance / samples) + 7 * chance / (3 * (samples - 1))
    others = n / (n - 2)
    return share * others, error * others


@compiled
def _walk(
    onward: Ints,
    onward_to: ShortInts,
    backward: Ints,
    backward_to: ShortInts,
    source: Ints,
    target: Ints,
    draws: Floats,
    through: Ints,
) -> None:
    """Count, per node, the drawn paths it lies within.

    Arrays with two rows hold one side each: 0 searches from the source, 1 from the target.
    """
    n = len(onward) - 1
    hops, paths = np.full((2, n), -1, dtype=np.int32), np.zeros((2, n))
    order = np.empty((2, n), dtype=np.int32)
    first, met, ahead = np.zeros(2, np.int64), np.zeros(2, np.int64), np.zeros(2, np.int64)
    for sample in range(len(source)):
        s, t = source[sample], target[sample]
        for side, end in ((0, s), (1, t)):
            hops[side, end], paths[side, end], order[side, 0] = 0, 1.0, end
            first[side], met[side] = 0, 1
        ahead[0], ahead[1] = onward[s + 1] - onward[s], backward[t + 1] - backward[t]
        total, side = 0.0, 0
        while total == 0.0 and ahead[0] > 0 and ahead[1] > 0:
            side = 0 if ahead[0] <= ahead[1] else 1
            starts, nodes = (onward, onward_to) if side == 0 else (backward, backward_to)
            first[side], met[side], ahead[side] = _grow(
                starts, nodes, hops[side], paths[side], order[side], first[side], met[side]
            )
            for turn in range(first[side], met[side]):
                v = order[side, turn]
                if hops[1 - side, v] >= 0:
                    total += paths[0, v] * paths[1, v]
        if total > 0.0:
            middle, left = -1, draws[sample, 0] * total
            for turn in range(first[side], met[side]):
                v = order[side, turn]
                if hops[1 - side, v] >= 0:
                    middle = v
                    left -= paths[0, v] * paths[1, v]
                    if left < 0.0:
                        break
            if middle not in (s, t):
                through[middle] += 1
            seed = np.uint64(draws[sample, 1] * 2.0**53)
            seed = _descend(backward, backward_to, hops[0], paths[0], middle, seed, through)
            _descend(onward, onward_to, hops[1], paths[1], middle, seed, through)
        for side in range(2):
            for turn in range(met[side]):
                hops[side, order[side, turn]], paths[side, order[side, turn]] = -1, 0.0


@compiled
def _grow(
    starts: Ints,
    nodes: ShortInts,
    hops: ShortInts,
    paths: Floats,
    order: ShortInts,
    first: int,
    met: int,
) -> tuple[int, int, int]:
    """Search one hop farther; return where the new nodes stand and the ties ahead of them."""
    upto, ahead = met, 0
    for turn in range(first, upto):
        v = order[turn]
        for at in range(starts[v], starts[v + 1]):
            w = nodes[at]
            if hops[w] < 0:
                hops[w] = hops[v] + 1
                order[met] = w
                met += 1
                ahead += starts[w + 1] - starts[w]
            if hops[w] == hops[v] + 1:
                paths[w] += paths[v]
    return upto, met, ahead


@compiled
def _descend(
    starts: Ints,
    nodes: ShortInts,
    hops: ShortInts,
    paths: Floats,
    v: int,
    seed: np.uint64,
    through: Ints,
) -> np.uint64:
    """Follow one of the shortest paths back to its end and count who lies on it."""
    while hops[v] > 1:
        # SplitMix64 (Steele, Lea, Flood 2014): the next uniform draw.
        seed += np.uint64(0x9E3779B97F4A7C15)
        mixed = (seed ^ (seed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        left = (mixed >> np.uint64(11)) * 2.0**-53 * paths[v]
        nearer = v
        for at in range(starts[v], starts[v + 1]):
            w = nodes[at]
            if hops[w] == hops[v] - 1:
                nearer = w
                left -= paths[w]
                if left < 0.0:
                    break
        v = nearer
        through[v] += 1
    return seed
