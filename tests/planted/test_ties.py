"""Ties: strong inside communities, weak between them, weaker for those who have many."""

from __future__ import annotations

import numpy as np

from crm_tasks.planted.company import BLOCK
from crm_tasks.planted.ties import block_ties


def pairs(ties, keep):
    return set(zip(ties.a[keep].tolist(), ties.b[keep].tolist(), strict=True))


def test_a_bridge_is_the_same_from_both_of_its_ends(company) -> None:
    one, other = block_ties(company, 0), block_ties(company, 1)
    across_one = one.a // BLOCK != one.b // BLOCK
    across_other = other.a // BLOCK != other.b // BLOCK
    assert across_one.sum() > 100
    assert pairs(one, across_one) == pairs(other, across_other)
    assert sorted(one.strength[across_one]) == sorted(other.strength[across_other])


def test_every_tie_is_owned_by_one_block(company) -> None:
    owned = [block_ties(company, number).owned(number) for number in range(company.n_blocks)]
    everything = [pair for ties in owned for pair in pairs(ties, ties.strength > 0)]
    assert len(everything) == len(set(everything)) == sum(len(ties.a) for ties in owned)


def test_only_bridges_leave_a_community_and_they_are_weak(company) -> None:
    ties = block_ties(company, 0)
    crosses = company.community(ties.a) != company.community(ties.b)
    assert (crosses == ties.is_bridge).all()
    assert np.median(ties.strength[crosses]) < 0.5 * np.median(ties.strength[~crosses])
    assert ties.strength.min() > 0
    assert ties.strength.max() <= 1


def test_nearly_everybody_has_a_tie_and_some_have_many(company) -> None:
    ties = block_ties(company, 0)
    degree = np.bincount(np.concatenate((ties.a, ties.b)), minlength=2 * BLOCK)[:BLOCK]
    assert (degree >= 1).mean() > 0.98
    assert np.quantile(degree, 0.99) > 4 * np.median(degree)
