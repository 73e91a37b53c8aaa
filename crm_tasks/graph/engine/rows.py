"""Compiled kernels over sparse rows: which are most alike, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.graph.engine.compiled import compiled

if TYPE_CHECKING:
    from crm_tasks.graph.engine.network import Floats, Ints, ShortInts


@compiled
def keep_strongest(
    starts: ShortInts,
    products: ShortInts,
    values: Floats,
    across: ShortInts,
    customers: ShortInts,
    weights: Floats,
    named: Ints,
) -> None:
    """Multiply row by row and keep the strongest, by descending similarity in steps of 1e-9."""
    n, k = named.shape
    similar, is_met = np.zeros(n), np.zeros(n, dtype=np.bool_)
    met, best = np.empty(n, dtype=np.int32), np.empty(k, dtype=np.int64)
    for row in range(n):
        n_met, n_named = 0, 0
        for at in range(starts[row], starts[row + 1]):
            product, value = products[at], values[at]
            for there in range(across[product], across[product + 1]):
                other = customers[there]
                if not is_met[other]:
                    is_met[other] = True
                    met[n_met] = other
                    n_met += 1
                similar[other] += value * weights[there]
        for turn in range(n_met):
            other = met[turn]
            score = np.int64(np.rint(similar[other] * 1e9))
            similar[other], is_met[other] = 0.0, False
            is_weak = n_named == k and score < best[k - 1]
            if other == row or score <= 0 or is_weak:
                continue
            # Insertion from below: the list is short and nearly always passed by.
            place = n_named
            while place > 0 and (
                score > best[place - 1]
                or (score == best[place - 1] and other < named[row, place - 1])
            ):
                if place < k:
                    best[place], named[row, place] = best[place - 1], named[row, place - 1]
                place -= 1
            if place < k:
                best[place], named[row, place] = score, other
                n_named = min(n_named + 1, k)


@compiled
def count_shared(starts: ShortInts, products: ShortInts, first: Ints, second: Ints) -> Ints:
    """Return how many products the ends of each pair have in common; rows ascend."""
    found = np.zeros(len(first), dtype=np.int64)
    for pair in range(len(first)):
        one, other = starts[first[pair]], starts[second[pair]]
        end, other_end = starts[first[pair] + 1], starts[second[pair] + 1]
        while one < end and other < other_end:
            if products[one] == products[other]:
                found[pair] += 1
                one += 1
                other += 1
            elif products[one] < products[other]:
                one += 1
            else:
                other += 1
    return found


@compiled
def fill_shared(
    starts: ShortInts,
    products: ShortInts,
    values: Floats,
    first: Ints,
    second: Ints,
    product: Ints,
    contribution: Floats,
) -> None:
    """Write the products in common of each pair in turn, and the product of their values."""
    free = 0
    for pair in range(len(first)):
        one, other = starts[first[pair]], starts[second[pair]]
        end, other_end = starts[first[pair] + 1], starts[second[pair] + 1]
        while one < end and other < other_end:
            if products[one] == products[other]:
                product[free] = products[one]
                contribution[free] = values[one] * values[other]
                free += 1
                one += 1
                other += 1
            elif products[one] < products[other]:
                one += 1
            else:
                other += 1
