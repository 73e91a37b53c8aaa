"""The other books agree with themselves and with the campaigns' truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_tasks.planted import dealings
from crm_tasks.planted.campaigns import CAMPAIGNS, block_effects
from crm_tasks.planted.records import first_ids

TODAY = "2025-01-01"


@pytest.fixture(scope="module")
def tables(company, block):
    found = dealings.campaign_tables(company, 1, block.ties)
    return {name: pd.DataFrame(columns) for name, columns in found.items()}


def test_contacts_are_exactly_the_treated(company, block, tables) -> None:
    for campaign in CAMPAIGNS:
        effects = block_effects(company, campaign, 1, block.ties)
        expected = first_ids(company, "crm", effects.person[effects.is_treated])
        sent = tables["contacts"].query("campaign_id == @campaign.id")
        assert sorted(sent.customer_id) == sorted(expected)
        assert (sent.sent_at < TODAY).all()


def test_a_running_campaign_has_arms_but_no_outcomes(tables) -> None:
    assert "K5" in set(tables["assignments"].campaign_id)
    assert set(tables["outcomes"].campaign_id) == {"K1", "K2", "K3", "K4"}
    assert set(tables["outcomes"].outcome_name) == {"value", "converted"}


def test_a_cluster_has_one_saturation(tables) -> None:
    arms = tables["assignments"].groupby(["campaign_id", "cluster_id"]).saturation.nunique()
    assert len(arms) > 50
    assert (arms == 1).all()


def test_only_contacted_converts_redeem(tables) -> None:
    contacted = set(
        zip(tables["contacts"].campaign_id, tables["contacts"].customer_id, strict=True)
    )
    redeemed = tables["redemptions"]
    assert len(redeemed) > 100
    assert set(zip(redeemed.campaign_id, redeemed.customer_id, strict=True)) <= contacted
    assert (redeemed.redeemed_at < TODAY).all()


def test_who_is_contacted_had_consented_before(company, tables) -> None:
    consents = pd.DataFrame(dealings.consents(company, 1))
    granted = consents[(consents.status == "granted") & (consents.channel != "social")]
    assert set(tables["contacts"].customer_id) <= set(granted.crm_id)
    assert granted.occurred_at.max() < tables["contacts"].sent_at.min()
    assert (consents.status == "withdrawn").any()


def test_an_opportunity_stands_in_the_last_stage_of_its_history(company) -> None:
    found, history = dealings.opportunities(company, np.arange(40))
    deals, stages = pd.DataFrame(found), pd.DataFrame(history)
    last = stages.groupby("opportunity_id").stage_name.last()
    assert (
        deals.set_index("opportunity_id").stage_name == last.reindex(deals.opportunity_id)
    ).all()
    assert (stages.entered_on < TODAY).all()
    assert {"won", "lost"} <= set(deals.stage_name)
    assert set(deals.loc[deals.stage_name == "won", "is_won"]) == {"true"}


def test_trust_is_the_strength_and_a_little_noise(company, block) -> None:
    trust, referrals = dealings.trust_and_referrals(company, 1, block.ties)
    assert 0 < min(trust["score"]) <= max(trust["score"]) <= 100
    assert len(referrals["referrer_id"]) > 20
    ties = block.ties.owned(1)
    strength = {
        frozenset((a, b)): s
        for a, b, s in zip(
            first_ids(company, "shop", ties.a), first_ids(company, "shop", ties.b), ties.strength,
            strict=True,
        )
    }  # fmt: skip
    pairs = zip(trust["trustor_id"], trust["trustee_id"], trust["score"], strict=True)
    errors = [score - 100 * strength[frozenset((a, b))] for a, b, score in pairs]
    assert np.std(errors) == pytest.approx(dealings.TRUST_NOISE_SD, rel=0.2)


def test_organizations_cooperate_with_known_others(company) -> None:
    number = np.arange(company.n_organizations)
    known = set(dealings.organizations(company, number)["organization_id"])
    found = dealings.cooperations(company, number)
    assert len(known) == company.n_organizations
    assert set(found["partner_id"]) <= known
    assert all(a != b for a, b in zip(found["organization_id"], found["partner_id"], strict=True))
    one, other = np.array([1, 2]), np.array([3, 9])
    there = dealings.cooperation_strength(company, one, other)
    assert (there == dealings.cooperation_strength(company, other, one)).all()
    assert 0.1 < dealings.win_probability(company, number).mean() < 0.7


def test_late_deliveries_lower_satisfaction(company) -> None:
    parts = [pd.DataFrame(dealings.surveys(company, number)) for number in range(2)]
    answers = pd.concat(parts)
    assert answers.csat.between(1, 5).all()
    assert answers.nps.between(0, 10).all()
    assert answers.csat.nunique() >= 4
