"""Compiled searches from many nodes, and the sums that every path measure is made of.

From each source s: its shortest paths to every node v, their lengths, and Brandes' (2001)
dependency of s on v, the share of its shortest paths that lead through v. One search serves
betweenness, closeness, harmonic centrality and mean length alike. Over distance the search is
Dijkstra's with a heap of four children that holds each node once; over hops it is breadth first.

Lengths are compared as they are summed, from the source onward: two paths are equally short if
their floating-point sums are, which is how networkx has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Arcs, Floats, Ints, ShortInts

UNMET, SETTLED = -1, -2  # instead of a place in the heap, or of hops
ROWS = 8
THROUGH, THROUGH_SQUARED, LENGTH, LENGTH_SQUARED, INVERSE, INVERSE_SQUARED, REACHED, FARTHEST = (
    range(ROWS)
)


def search_from(
    arcs: Arcs,
    sources: Ints,
    *,
    over_hops: bool,
    apart: Floats | None = None,
    by_nearness: bool = False,
) -> Floats:
    """Return sums over shortest paths from ``sources``, shape (8, n_nodes); no node is its own.

    Rows: THROUGH, dependencies; LENGTH and INVERSE, lengths of the paths that lead to the node and
    1 / length; each followed by the sum of its squares. REACHED, sources that reach the node;
    FARTHEST, the length from the farthest of them. Sources are taken in the order given.

    Parameters
    ----------
    apart : ndarray, shape (n_nodes,), optional
        A length per source that is taken off each of its lengths before they are summed.
    by_nearness : bool
        Weigh a path's part in a dependency by twice the share of its length that lies before the
        node: over all sources of an undirected network the sum is the same, of a directed one
        together with that of the network turned round; and over some sources it is steadier
        (Geisberger, Sanders, Schultes 2008, https://doi.org/10.1137/1.9781611972887.9).
    """
    sums = np.zeros((arcs.n_nodes, ROWS))  # what belongs to a node lies together
    off = np.zeros(arcs.n_nodes) if apart is None else apart
    if over_hops:
        _sum_over_hops(arcs.starts, arcs.targets, sources, off, by_nearness, sums)
    else:
        lengths = arcs.lengths
        _sum_over_lengths(arcs.starts, arcs.targets, lengths, sources, off, by_nearness, sums)
    return sums.T


@compiled
def _sum_over_lengths(
    starts: Ints,
    targets: ShortInts,
    lengths: Floats,
    sources: Ints,
    apart: Floats,
    by_nearness: bool,
    sums: Floats,
) -> None:
    n = len(starts) - 1
    length, paths, owed = np.full(n, np.inf), np.zeros(n), np.zeros(n)
    order, heap = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    place = np.full(n, UNMET, dtype=np.int32)
    for source in sources:
        length[source], paths[source] = 0.0, 1.0
        heap[0], place[source] = source, 0
        waiting, settled = 1, 0
        while waiting > 0:
            v = heap[0]
            place[v] = SETTLED
            order[settled] = v
            settled += 1
            waiting -= 1
            if waiting > 0:
                _sink(heap, place, length, waiting)
            for at in range(starts[v], starts[v + 1]):
                w = targets[at]
                if place[w] == SETTLED:
                    continue
                there = length[v] + lengths[at]
                if there < length[w]:
                    length[w], paths[w] = there, paths[v]
                    if place[w] == UNMET:
                        place[w] = waiting
                        waiting += 1
                    _rise(heap, place, length, w)
                elif there == length[w]:
                    paths[w] += paths[v]
        for turn in range(settled - 1, 0, -1):
            v = order[turn]
            share = 0.0
            for at in range(starts[v], starts[v + 1]):
                w = targets[at]
                if length[v] + lengths[at] == length[w]:
                    share += ((1.0 / length[w] if by_nearness else 1.0) + owed[w]) / paths[w]
            owed[v] = share * paths[v]
            _add(sums, v, owed[v], length[v], apart[source], by_nearness)
        for turn in range(settled):
            v = order[turn]
            length[v], paths[v], owed[v], place[v] = np.inf, 0.0, 0.0, UNMET


@compiled
def _sum_over_hops(
    starts: Ints,
    targets: ShortInts,
    sources: Ints,
    apart: Floats,
    by_nearness: bool,
    sums: Floats,
) -> None:
    n = len(starts) - 1
    hops, paths, owed = np.full(n, UNMET, dtype=np.int32), np.zeros(n), np.zeros(n)
    order = np.empty(n, dtype=np.int32)
    for source in sources:
        hops[source], paths[source], order[0] = 0, 1.0, source
        met, turn = 1, 0
        while turn < met:
            v = order[turn]
            turn += 1
            for at in range(starts[v], starts[v + 1]):
                w = targets[at]
                if hops[w] == UNMET:
                    hops[w] = hops[v] + 1
                    order[met] = w
                    met += 1
                if hops[w] == hops[v] + 1:
                    paths[w] += paths[v]
        for turn in range(met - 1, 0, -1):
            v = order[turn]
            share = 0.0
            for at in range(starts[v], starts[v + 1]):
                w = targets[at]
                if hops[w] == hops[v] + 1:
                    share += ((1.0 / hops[w] if by_nearness else 1.0) + owed[w]) / paths[w]
            owed[v] = share * paths[v]
            _add(sums, v, owed[v], float(hops[v]), apart[source], by_nearness)
        for turn in range(met):
            v = order[turn]
            hops[v], paths[v], owed[v] = UNMET, 0.0, 0.0


@compiled
def _add(sums: Floats, v: int, owed: float, length: float, apart: float, by_nearness: bool) -> None:
    through = 2.0 * length * owed if by_nearness else owed
    beyond, inverse = length - apart, 1.0 / length
    sums[v, 0] += through
    sums[v, 1] += through * through
    sums[v, 2] += beyond
    sums[v, 3] += beyond * beyond
    sums[v, 4] += inverse
    sums[v, 5] += inverse * inverse
    sums[v, 6] += 1.0
    sums[v, 7] = max(sums[v, 7], length)


@compiled
def _sink(heap: ShortInts, place: ShortInts, length: Floats, waiting: int) -> None:
    """Fill the free top of the heap: the last node takes it and sinks."""
    last, hole = heap[waiting], 0
    while True:
        child = 4 * hole + 1
        if child >= waiting:
            break
        least = child
        for other in range(child + 1, min(child + 4, waiting)):
            if length[heap[other]] < length[heap[least]]:
                least = other
        if length[heap[least]] >= length[last]:
            break
        heap[hole] = heap[least]
        place[heap[hole]] = hole
        hole = least
    heap[hole], place[last] = last, hole


@compiled
def _rise(heap: ShortInts, place: ShortInts, length: Floats, w: int) -> None:
    """Move a node that came nearer towards the top."""
    hole = place[w]
    while hole > 0:
        parent = (hole - 1) >> 2
        if length[heap[parent]] <= length[w]:
            break
        heap[hole] = heap[parent]
        place[heap[hole]] = hole
        hole = parent
    heap[hole], place[w] = w, hole
