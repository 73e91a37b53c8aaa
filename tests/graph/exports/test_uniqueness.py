"""How many customers stand out by their ties."""

from __future__ import annotations

import pyarrow as pa

from crm_tasks.graph.exports import Uniqueness, count_unique
from crm_tasks.graph.exports.uniqueness import FEW
from tests.graph.builders import NO_TIES, ties


def people(names: str) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(list(names), pa.string())])


def test_in_a_ring_nobody_stands_out_and_in_a_chain_with_a_triangle_two_do():
    ring = ties(*[(a, b, 1.0) for a, b in zip("abcdef", "bcdefa", strict=True)])
    assert count_unique(ring, people("abcdef")) == Uniqueness(6, 0, 0, 0)
    # a-b-c triangle, c-d-e tail: degrees 2 2 3 2 1, cores 2 2 2 1 1.
    tailed = ties(*[(a, b, 1.0) for a, b in ("ab", "bc", "ac", "cd", "de")])
    found = count_unique(tailed, people("abcde"))
    assert (found.by_degree, found.few_by_degree, found.by_degree_and_core) == (2, FEW, 3)


def test_products_are_ends_of_ties_but_not_counted():
    bought = ties(("a", "p1", 1.0), ("a", "p2", 1.0), ("b", "p1", 1.0))
    assert count_unique(bought, people("ab")) == Uniqueness(2, 2, 2, 2)


def test_nobody_and_the_untied_are_counted_too():
    assert count_unique(NO_TIES, people("")) == Uniqueness(0, 0, 0, 0)
    assert count_unique(NO_TIES, people("abcde")) == Uniqueness(5, 0, 0, 0)
