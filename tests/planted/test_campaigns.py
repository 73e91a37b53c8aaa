"""Campaigns: who is treated, what it does, and what it does to neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted.campaigns import CAMPAIGNS, CLOSED, block_effects, saturations, treated
from crm_tasks.planted.company import AS_OF, BLOCK
from crm_tasks.planted.people import People


@pytest.fixture(scope="module")
def effects(company, block):
    return block_effects(company, CAMPAIGNS[0], 1, block.ties)


def test_four_campaigns_are_closed_and_one_runs() -> None:
    assert len(CLOSED) == 4
    running = [one for one in CAMPAIGNS if one not in CLOSED]
    assert [one.start < AS_OF < one.end for one in running] == [True]
    assert sum(one.design == "cluster_saturation" for one in CLOSED) == 3


def test_a_community_s_saturation_rules_its_treatments(company, effects) -> None:
    by_level = {level: effects.is_treated[effects.saturation == level] for level in (0, 0.5, 1)}
    assert not by_level[0].any()
    assert by_level[1].all()
    assert by_level[0.5].mean() == pytest.approx(0.5, abs=0.15)
    community = company.community(effects.person)
    levels = saturations(company, CAMPAIGNS[0], community)
    assert (levels == effects.saturation).all()


def test_only_those_who_consented_are_treated(company) -> None:
    person = np.arange(company.n_customers)
    for campaign in CAMPAIGNS:
        reached = treated(company, campaign, person)
        assert reached.any()
        assert People(company, person[reached]).consents_to_contact.all()


def test_exposure_is_the_share_of_tie_strength_to_treated_neighbours(company, block, effects):
    ties, row = block.ties, 17
    own = int(effects.person[row])
    touching = (ties.a == own) | (ties.b == own)
    other = np.where(ties.a == own, ties.b, ties.a)[touching]
    strength = ties.strength[touching]
    reached = treated(company, CAMPAIGNS[0], other)
    assert effects.exposure[row] == pytest.approx(strength[reached].sum() / strength.sum())


def test_the_value_is_base_own_effect_and_spillover_plus_noise(company) -> None:
    from crm_tasks.planted.ties import block_ties

    parts = [
        block_effects(company, campaign, number, block_ties(company, number))
        for campaign in CLOSED
        for number in range(2)
    ]
    planned = np.concatenate(
        [p.direct_value * p.is_treated + p.spillover_value * p.exposure for p in parts]
    )
    value = np.concatenate([p.value for p in parts])
    slope = np.polyfit(planned, value, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.2)


def test_uplift_spreads_by_two_to_five_points_and_is_negative_for_some(effects) -> None:
    assert 0.02 < effects.uplift.std() < 0.05
    assert 0.01 < (effects.uplift < 0).mean() < 0.3


def test_nobody_of_another_block_is_reported(effects) -> None:
    assert (effects.person // BLOCK == 1).all()
