"""What learned effects are worth, judged by the answer key: the measure itself, for few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planted_plans import judge
from benchmarks.planted_town import Learned, learn, make_town
from crm_tasks.planted.campaigns import SPILLOVER_RATE

SEED = 5


@pytest.fixture(scope="module")
def town():
    """Return a town whose customers do what is expected of them: nothing is left to chance."""
    made = make_town("S", SEED, 1)
    quiet = [
        replace(one, has_converted=one.base_rate + one.uplift * one.is_treated
                + SPILLOVER_RATE * one.exposure)
        for one in made.effects
    ]  # fmt: skip
    return replace(made, effects=quiet)


def few(town, n=200):
    rows = np.arange(0, len(town.person), len(town.person) // n)[:n]
    effects = [replace(one, uplift=one.uplift[rows], base_rate=one.base_rate[rows])
               for one in town.effects]  # fmt: skip
    return replace(town, person=town.person[rows], worth=town.worth[rows], effects=effects,
                   community=town.community[rows])  # fmt: skip


def known(town, uplift):
    """Return somebody's word on uplift beside the true probabilities."""
    base = np.column_stack([one.base_rate for one in town.effects])
    return Learned(base, base + town.uplift, uplift)


def test_true_effects_are_the_clairvoyants_and_chance_is_not(town):
    small = few(town)
    told = judge(small, known(small, small.uplift), SEED)
    assert told.values["learned"] == pytest.approx(told.values["clairvoyant"])
    assert told.clairvoyant_share[0] == pytest.approx(told.bound_share, abs=1e-6)
    assert told.bound_share > 0.97  # twenty actions: the bound splits one, a plan cannot
    assert told.times_propensity[0] > 1.5
    guessed = np.random.default_rng(1).permutation(small.uplift)
    chance = judge(small, known(small, guessed), SEED)
    assert chance.clairvoyant_share[0] < 0.8 * told.clairvoyant_share[0]
    low, high = chance.clairvoyant_share[1:]
    assert low < chance.clairvoyant_share[0] < high


def test_what_the_learner_makes_of_campaigns_without_noise_pays_like_the_truth(town):
    told = judge(town, learn(town), SEED)
    assert told.clairvoyant_share[0] > 0.85
    assert told.times_propensity[0] > 2
    assert "of the clairvoyant's bound" in told.describe()
