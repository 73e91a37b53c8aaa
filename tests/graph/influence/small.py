"""Small arcs with everything about them computed the slow and certain way."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pyarrow as pa

from crm_tasks.graph.engine import Network
from crm_tasks.graph.influence.arcs import Influence, SpreadArcs, spread_arcs

#: Eight nodes, twelve arcs, with circles, two ways to one node, and one nobody reaches.
EIGHT = (
    ("a", "b", 0.9), ("a", "c", 0.3), ("b", "d", 0.5), ("c", "d", 0.8), ("d", "e", 0.4),
    ("e", "b", 0.7), ("e", "f", 1.0), ("f", "g", 0.2), ("g", "f", 0.6), ("g", "e", 0.35),
    ("h", "a", 0.5), ("c", "g", 0.45),
)  # fmt: skip


def network_of(rows, nodes="abcdefgh", *, is_directed=True) -> Network:
    src, dst, strength = zip(*rows, strict=True)
    ties = pa.table({"src_id": list(src), "dst_id": list(dst), "strength": list(strength)})
    return Network.from_ties(pa.chunked_array([list(nodes)]), ties, is_directed=is_directed)


def eight(model: str, rate: float = 1.0, share: float = 0.8) -> SpreadArcs:
    return spread_arcs([Influence(network_of(EIGHT), rate, share, "along")], model)


def arcs_of(arcs: SpreadArcs) -> list[tuple[int, int, float]]:
    return list(
        zip(arcs.sources.tolist(), arcs.targets.tolist(), arcs.probabilities.tolist(), strict=True)
    )


def exact_cascade(arcs: SpreadArcs, seeds) -> float:
    """Return the expected spread of an independent cascade: every outcome of every coin."""
    listed = arcs_of(arcs)
    total = 0.0
    for outcome in product((False, True), repeat=len(listed)):
        chance = np.prod(
            [p if live else 1 - p for (_, _, p), live in zip(listed, outcome, strict=True)]
        )
        live = [(a, b) for (a, b, _), is_live in zip(listed, outcome, strict=True) if is_live]
        total += chance * len(reached(live, seeds))
    return float(total)


def reached(live, seeds) -> set[int]:
    active, frontier = set(seeds), list(seeds)
    while frontier:
        node = frontier.pop()
        for a, b in live:
            if a == node and b not in active:
                active.add(b)
                frontier.append(b)
    return active


def exact_threshold(arcs: SpreadArcs, seeds) -> float:
    """Return the expected spread of the threshold process itself, not of its live arcs.

    A node's threshold matters only by which sums of weights reach it: every combination of the
    stretches between such sums is played through.
    """
    into = [[(a, p) for a, b, p in arcs_of(arcs) if b == node] for node in range(arcs.n_nodes)]
    cells = [_stretches([p for _, p in found]) for found in into]
    total = 0.0
    for chosen in product(*cells):
        chance = float(np.prod([width for width, _ in chosen]))
        active = set(seeds)
        while True:
            more = {
                node
                for node in range(arcs.n_nodes)
                if node not in active
                and sum(p for a, p in into[node] if a in active) >= chosen[node][1] - 1e-12
            }
            if not more:
                break
            active |= more
        total += chance * len(active)
    return total


def _stretches(weights) -> list[tuple[float, float]]:
    """Return (width, upper end) of the stretches of thresholds between sums of weights."""
    sums = {
        round(sum(part), 12) for size in range(len(weights) + 1)
        for part in combinations(weights, size)
    }  # fmt: skip
    ends = sorted({*sums, 1.0} - {0.0})
    begins = [0.0, *ends[:-1]]
    return [(end - begin, end) for begin, end in zip(begins, ends, strict=True) if end > begin]
