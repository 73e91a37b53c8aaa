"""Compiled walks along live arcs, forward from seeds and backward from whom they may reach.

Every coin belongs to (seed, world, coin number): splitmix64 as a counter-based generator (Steele,
Lea, Flood 2014, https://doi.org/10.1145/2660193.2660195). Hence no figure depends on the order of a
walk, on how worlds are dealt out, or on the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, ShortInts

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, TOP = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
ONE = np.uint64(1)
COIN_BITS = 53  # as many as a double holds: a probability is a share of the coin's sides

Word = np.uint64


class Incidence(NamedTuple):
    """Arcs by one of their ends: those of node v stand at ``starts[v]`` up to ``starts[v + 1]``.

    ``others`` are their other ends; an arc is live where ``low <= coin < high``, and ``coins`` says
    which coin is its own.
    """

    starts: Ints
    others: Ints
    coins: Ints
    low: Ints
    high: Ints


class Trail(NamedTuple):
    """Nodes of a walk in the order they were met, and by node the world it was last met in."""

    queue: Ints | ShortInts
    seen: Ints


class GrowingSets(NamedTuple):
    """Room for sets of nodes: set i is ``members[ends[i - 1]:ends[i]]``.

    Sets that hold nothing but their root are counted in ``alone``, by root.
    """

    ends: Ints
    members: ShortInts
    alone: Ints


class Sets(NamedTuple):
    """Sets of nodes, as in GrowingSets, and which of them hold each node.

    The numbers of the sets that hold node v are ``node_sets[node_starts[v]:node_starts[v + 1]]``.
    """

    ends: Ints
    members: ShortInts
    alone: Ints
    node_starts: Ints
    node_sets: ShortInts


@compiled
def mixed(word: Word) -> Word:
    """Return splitmix64's finaliser of a word."""
    word = (word ^ (word >> S30)) * FIRST
    word = (word ^ (word >> S27)) * SECOND
    return word ^ (word >> S31)


@compiled
def world_key(seed: int, world: int) -> Word:
    """Return the word from which all coins of a world follow."""
    return mixed(mixed(np.uint64(seed) + GOLDEN) + (np.uint64(world) + ONE) * GOLDEN)


@compiled
def step(arcs: Incidence, trail: Trail, head: int, tail: int, world: int, key: Word) -> int:
    """Queue whom the nodes ``queue[head:tail]`` reach along live arcs; return the new tail."""
    end = tail
    for place in range(head, end):
        node = trail.queue[place]
        for arc in range(arcs.starts[node], arcs.starts[node + 1]):
            other = arcs.others[arc]
            if trail.seen[other] == world:
                continue
            word = mixed(key + (np.uint64(arcs.coins[arc]) + ONE) * GOLDEN)
            if arcs.low[arc] <= np.int64(word >> TOP) < arcs.high[arc]:
                trail.seen[other] = world
                trail.queue[tail] = other
                tail += 1
    return tail


@compiled
def walk(arcs: Incidence, trail: Trail, head: int, tail: int, world: int, key: Word) -> int:
    """Queue whom the nodes ``queue[head:tail]`` reach by any number of steps; return the tail."""
    while head < tail:
        head, tail = tail, step(arcs, trail, head, tail, world, key)
    return tail


@compiled
def add_in_order(
    arcs: Incidence, seeds: Ints, n_worlds: int, seed: int
) -> tuple[Ints, Floats, Ints]:
    """Return, summed over worlds, the nodes each seed adds to those before it, and the squares.

    The squares are of all nodes active so far. Last comes the number active in the end per world.
    """
    n = len(arcs.starts) - 1
    added = np.zeros(len(seeds), dtype=np.int64)
    squares = np.zeros(len(seeds))
    active = np.zeros(n_worlds, dtype=np.int64)
    seen, queue = np.full(n, -1, dtype=np.int64), np.empty(n, dtype=np.int64)
    trail = Trail(queue, seen)
    for world in range(n_worlds):
        key = world_key(seed, world)
        tail = 0
        for place in range(len(seeds)):
            before = tail
            if seen[seeds[place]] != world:
                seen[seeds[place]] = world
                queue[tail] = seeds[place]
                tail = walk(arcs, trail, tail, tail + 1, world, key)
            added[place] += tail - before
            squares[place] += float(tail) * float(tail)
        active[world] = tail
    return added, squares, active


@compiled
def reach_by_step(arcs: Incidence, seeds: Ints, n_worlds: int, n_steps: int, seed: int) -> Ints:
    """Return the nodes active after 0, 1, ... ``n_steps`` steps, one row per world."""
    n = len(arcs.starts) - 1
    reached = np.zeros((n_worlds, n_steps + 1), dtype=np.int64)
    seen, queue = np.full(n, -1, dtype=np.int64), np.empty(n, dtype=np.int64)
    trail = Trail(queue, seen)
    for world in range(n_worlds):
        key = world_key(seed, world)
        tail = 0
        for node in seeds:
            if seen[node] != world:
                seen[node] = world
                queue[tail] = node
                tail += 1
        head = 0
        reached[world, 0] = tail
        for number in range(1, n_steps + 1):
            head, tail = tail, step(arcs, trail, head, tail, world, key)
            reached[world, number] = tail
    return reached


@compiled
def collect_reachers(
    arcs: Incidence, first_world: int, n_worlds: int, seed: int, sets: GrowingSets
) -> tuple[int, int]:
    """Write who reaches a node, one set per world, into ``sets``; return (worlds done, sets kept).

    ``arcs`` lead backward. The nodes take turns as the root, so that no luck of the draw favours
    one. A root that nobody reaches is counted and not kept. Ends early when there is no more room.
    """
    n = len(arcs.starts) - 1
    seen = np.full(n, -1, dtype=np.int64)
    trail = Trail(sets.members, seen)
    kept, begin = 0, 0
    for world in range(first_world, first_world + n_worlds):
        if begin + n > len(sets.members):
            return world - first_world, kept
        root = world % n
        seen[root] = world
        sets.members[begin] = root
        tail = walk(arcs, trail, begin, begin + 1, world, world_key(seed, world))
        if tail == begin + 1:
            sets.alone[root] += 1
            continue
        sets.ends[kept] = tail
        kept, begin = kept + 1, tail
    return n_worlds, kept


@compiled
def count_reached(arcs: Incidence, n_worlds: int, seed: int) -> Ints:
    """Return how often each node reaches another, each other one being asked ``n_worlds`` times.

    ``arcs`` lead backward. Every node is asked in worlds of its own, so that each count is a sum of
    independent draws.
    """
    n = len(arcs.starts) - 1
    counts = np.zeros(n, dtype=np.int64)
    seen, queue = np.full(n, -1, dtype=np.int64), np.empty(n, dtype=np.int64)
    trail = Trail(queue, seen)
    for world in range(n * n_worlds):
        root = world // n_worlds
        seen[root] = world
        queue[0] = root
        tail = walk(arcs, trail, 0, 1, world, world_key(seed, world))
        for place in range(1, tail):
            counts[queue[place]] += 1
    return counts


@compiled
def cover(sets: Sets, costs: Ints, budget: int, at_most: int, by_cost: bool) -> tuple[Ints, Ints]:
    """Return seeds that cover many sets, greedily, and the number of sets each adds.

    The next seed is the affordable one that adds the most sets, or the most per cost if
    ``by_cost``; of equals the first. Ends at ``at_most`` seeds, when nobody can be afforded, or
    when nobody adds anything.
    """
    gains = sets.node_starts[1:] - sets.node_starts[:-1] + sets.alone
    is_covered = np.zeros(len(sets.ends), dtype=np.bool_)
    chosen = np.empty(min(at_most, len(costs)), dtype=np.int64)
    added = np.empty(min(at_most, len(costs)), dtype=np.int64)
    count, left = 0, budget
    while count < len(chosen):
        best = most_gainful(gains, costs, left, by_cost)
        if best < 0:
            break
        chosen[count] = best
        added[count] = gains[best]
        left -= costs[best]
        count += 1
        for place in range(sets.node_starts[best], sets.node_starts[best + 1]):
            found = sets.node_sets[place]
            if not is_covered[found]:
                is_covered[found] = True
                begin = sets.ends[found - 1] if found > 0 else 0
                for member in range(begin, sets.ends[found]):
                    gains[sets.members[member]] -= 1
        gains[best] = 0
    return chosen[:count], added[:count]


@compiled
def most_gainful(gains: Ints, costs: Ints, left: int, by_cost: bool) -> int:
    """Return the affordable node with the largest gain, or gain per cost; -1 if none gains."""
    best = -1
    for node in range(len(gains)):
        if gains[node] <= 0 or costs[node] > left:
            continue
        if best < 0:
            best = node
        elif by_cost and (costs[node] > 0 or costs[best] > 0):
            # gain / cost compared crosswise: whole numbers, and a cost of 0 divides nothing
            if gains[node] * costs[best] > gains[best] * costs[node]:
                best = node
        elif gains[node] > gains[best]:
            best = node
    return best
