"""A number depends on seed, stream and index; never on what else was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted.randoms import Draws, Shuffle, mixed, partners

DRAWS = Draws(7)
INDEX = np.arange(20_000)


def test_mixing_is_splitmix64() -> None:
    # The first output of the reference generator seeded with 0: mix(golden gamma).
    golden = np.array([0x9E3779B97F4A7C15], dtype=np.uint64)
    assert int(mixed(golden)[0]) == 0xE220A8397B1DCDAF


def test_a_number_does_not_depend_on_the_others_drawn() -> None:
    assert DRAWS.uniform("a", INDEX)[13] == DRAWS.uniform("a", np.array([13]))[0]


def test_streams_seeds_and_indices_give_unrelated_numbers() -> None:
    one = DRAWS.uniform("a", INDEX)
    others = [
        DRAWS.uniform("b", INDEX), Draws(8).uniform("a", INDEX), DRAWS.uniform("a", INDEX + 1),
        DRAWS.uniform("a", INDEX, INDEX),
    ]  # fmt: skip
    assert all(abs(np.corrcoef(one, other)[0, 1]) < 0.03 for other in others)


def test_numbers_have_the_moments_of_their_distributions() -> None:
    uniform, normal = DRAWS.uniform("a", INDEX), DRAWS.normal("a", INDEX)
    assert uniform.mean() == pytest.approx(0.5, abs=0.01)
    assert uniform.std() == pytest.approx(12**-0.5, abs=0.01)
    assert normal.std() == pytest.approx(1, abs=0.02)
    assert DRAWS.happens(0.2, "a", INDEX).mean() == pytest.approx(0.2, abs=0.01)
    assert set(DRAWS.below(3, "a", INDEX).tolist()) == {0, 1, 2}


@pytest.mark.parametrize("n", [1, 2, 7, 1_000, 20_000])
def test_a_shuffle_is_a_permutation_with_an_inverse(n: int) -> None:
    shuffle, index = Shuffle(DRAWS, "ids", n), np.arange(n)
    placed = shuffle.place(index)
    assert sorted(placed.tolist()) == index.tolist()
    assert shuffle.origin(placed).tolist() == index.tolist()


@pytest.mark.parametrize("n", [7, 1_000])
def test_a_partners_partner_is_oneself(n: int) -> None:
    index = np.arange(n)
    other = partners(Shuffle(DRAWS, "pairs", n), index)
    assert partners(Shuffle(DRAWS, "pairs", n), other).tolist() == index.tolist()
    assert (other == index).sum() == n % 2


def test_a_block_has_its_own_generator() -> None:
    assert DRAWS.block("a", 1).random() == DRAWS.block("a", 1).random()
    assert DRAWS.block("a", 1).random() != DRAWS.block("a", 2).random()
