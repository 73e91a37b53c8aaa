"""Compiled walks over two and three hops from a customer: candidates and what paths say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, ShortInts

COMMON, ADAMIC_ADAR, ALLOCATION, STRENGTH, THREE_HOPS = range(5)
N_SCORES = 5


@compiled
def list_two_hops(
    starts: Ints, targets: ShortInts, rows: Ints, hub_from: int, room: ShortInts, ends: Ints
) -> int:
    """Write whom each of ``rows`` reaches by two hops and not by one; return the rows written.

    ``room`` takes the nodes found, row after row, by ascending number; ``ends`` where each row
    ends. Paths through nodes with more than ``hub_from`` ties do not count.
    """
    n = len(starts) - 1
    seen = np.full(n, -1, dtype=np.int64)
    tail = 0
    for place in range(len(rows)):
        if tail + n > len(room):
            return place
        node, begin = rows[place], tail
        seen[node] = place
        for near in targets[starts[node] : starts[node + 1]]:
            seen[near] = place
        for near in targets[starts[node] : starts[node + 1]]:
            if starts[near + 1] - starts[near] > hub_from:
                continue
            for far in targets[starts[near] : starts[near + 1]]:
                if seen[far] != place:
                    seen[far] = place
                    room[tail] = far
                    tail += 1
        room[begin:tail].sort()
        ends[place] = tail
    return len(rows)


@compiled
def score_paths(
    starts: Ints, targets: ShortInts, strengths: Floats, first: Ints, second: Ints
) -> Floats:
    """Return, per pair of nodes that are not tied, what the paths of two and three hops add up to.

    Columns: common neighbours; Adamic-Adar, each counted 1 / ln(its ties); resource allocation,
    1 / its ties; product of the two strengths; paths of three hops. ``first`` must be ascending.
    """
    n = len(starts) - 1
    found = np.zeros((len(first), N_SCORES))
    reach = np.zeros((n, N_SCORES - 1))
    touched = np.empty(n, dtype=np.int64)
    count, row = 0, -1
    for pair in range(len(first)):
        if first[pair] != row:
            for place in range(count):
                reach[touched[place]] = 0.0
            row = first[pair]
            count = spread_two_hops(starts, targets, strengths, row, reach, touched)
        other = second[pair]
        found[pair, :THREE_HOPS] = reach[other]
        for far in targets[starts[other] : starts[other + 1]]:
            found[pair, THREE_HOPS] += reach[far, COMMON]
    return found


@compiled
def spread_two_hops(
    starts: Ints, targets: ShortInts, strengths: Floats, node: int, reach: Floats, touched: Ints
) -> int:
    """Add up the paths of two hops from a node, by where they lead; return how many places."""
    count = 0
    for there in range(starts[node], starts[node + 1]):
        near = targets[there]
        ties = starts[near + 1] - starts[near]
        rare = 1.0 / np.log(ties) if ties > 1 else 0.0
        for onward in range(starts[near], starts[near + 1]):
            far = targets[onward]
            if far == node:
                continue
            if reach[far, COMMON] == 0.0:
                touched[count] = far
                count += 1
            reach[far, COMMON] += 1.0
            reach[far, ADAMIC_ADAR] += rare
            reach[far, ALLOCATION] += 1.0 / ties
            reach[far, STRENGTH] += strengths[there] * strengths[onward]
    return count


@compiled
def areas_under_roc(
    score: Floats, is_new: Ints, first: Ints, second: Ints, times: Floats
) -> Floats:
    """Return the area under the ROC curve for each row of ``times``; equal scores count half.

    ``score`` must be ascending. A pair counts as often as its ends, ``times[row, node]``, together.
    NaN where one of the two kinds of pairs is missing.
    """
    areas = np.empty(len(times))
    for row in range(len(times)):
        below, ties_at, others_at = 0.0, 0.0, 0.0
        all_ties, area = 0.0, 0.0
        for pair in range(len(score)):
            if pair > 0 and score[pair] != score[pair - 1]:
                area += ties_at * (below + others_at / 2)
                below += others_at
                ties_at, others_at = 0.0, 0.0
            weight = times[row, first[pair]] * times[row, second[pair]]
            if is_new[pair]:
                ties_at += weight
                all_ties += weight
            else:
                others_at += weight
        area += ties_at * (below + others_at / 2)
        below += others_at
        areas[row] = area / (all_ties * below) if all_ties * below > 0 else np.nan
    return areas
