"""Coins: the reference figures of their generator, and independence of order."""

from __future__ import annotations

import numpy as np

from crm_tasks.graph.influence.kernels import COIN_BITS, GOLDEN, add_in_order, mixed
from tests.graph.influence.small import eight


def test_coins_are_those_of_splitmix64():
    # The first outputs of the reference implementation for the seed 1234567 (Vigna 2015).
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    with np.errstate(over="ignore"):
        words = [np.uint64(1234567) + np.uint64(place) * GOLDEN for place in (1, 2, 3)]
    assert [int(mixed(word)) for word in words] == expected
    assert np.finfo(float).nmant + 1 == COIN_BITS


def test_worlds_dealt_out_in_parts_are_the_same_worlds():
    arcs = eight("independent_cascade").outgoing
    seeds = np.array([0, 7])
    whole = add_in_order(arcs, seeds, 100, 3)[2]
    part = add_in_order(arcs, seeds, 40, 3)[2]
    assert part.tolist() == whole[:40].tolist()
    assert add_in_order(arcs, seeds, 100, 4)[2].tolist() != whole.tolist()


def test_the_order_of_seeds_changes_what_each_adds_and_not_who_is_active():
    arcs = eight("linear_threshold").outgoing
    one, other = (add_in_order(arcs, np.array(seeds), 200, 5) for seeds in ([0, 7], [7, 0]))
    assert one[2].tolist() == other[2].tolist()
    assert one[0].sum() == other[0].sum()
    assert one[0].tolist() != other[0].tolist()
