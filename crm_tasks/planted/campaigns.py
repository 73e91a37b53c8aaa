"""Campaigns with randomised arms, and what they truly do: own effect, spillover, uplift.

Design of the saturated ones: each community draws a saturation of 0, 1/2 or 1, each eligible
customer then a treatment with that probability (Hudgens & Halloran 2008,
https://doi.org/10.1198/016214508000000292). A customer's value is

    base + uplift * treated + spillover * (share of tie strength to treated ties) + noise
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.planted.company import BLOCK, Company
from crm_tasks.planted.people import N_INTERESTS, People
from crm_tasks.planted.ties import Ties, sociability

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.planted.randoms import Flags, Floats, Indices

SATURATIONS = (0.0, 0.5, 1.0)
VALUE_NOISE_SD = 3.0
BASE_RATE, UPLIFT_MEAN, UPLIFT_SD, SPILLOVER_RATE = 0.14, 0.040, 0.033, 0.075
RATE_AT_LEAST, RATE_AT_MOST = 0.01, 0.95


@dataclass(frozen=True)
class Campaign:
    """One campaign as planned."""

    number: int
    name: str
    kind: str
    content_type: str
    channel: str
    design: str
    start: dt.date
    end: dt.date
    direct_value: float
    spillover_value: float
    unit_cost: float

    @property
    def id(self) -> str:
        return f"K{self.number}"


CAMPAIGNS = (
    Campaign(1, "Spring voucher", "acquisition", "promotion", "email", "cluster_saturation",
             dt.date(2024, 3, 4), dt.date(2024, 4, 28), 1.0, 1.8, 0.02),
    Campaign(2, "夏日清凉节", "cross_sell", "entertainment", "sms", "cluster_saturation",
             dt.date(2024, 6, 3), dt.date(2024, 7, 28), 1.4, 2.4, 0.06),
    Campaign(3, "Autumn tasting", "retention", "education", "email", "unit",
             dt.date(2024, 8, 5), dt.date(2024, 9, 15), 1.0, 1.8, 0.02),
    Campaign(4, "双十一会员日", "retention", "promotion", "sms", "cluster_saturation",
             dt.date(2024, 10, 14), dt.date(2024, 11, 24), 1.2, 2.3, 0.06),
    Campaign(5, "New year journey", "win_back", "promotion", "email", "cluster_saturation",
             dt.date(2024, 12, 9), dt.date(2025, 2, 2), 1.0, 1.8, 0.02),
)  # fmt: skip
CLOSED = tuple(campaign for campaign in CAMPAIGNS if campaign.end < dt.date(2025, 1, 1))


@dataclass(frozen=True)
class Effects:
    """A block's customers in one campaign: what was done, what happened, what is true."""

    person: Indices
    saturation: Floats
    is_treated: Flags
    exposure: Floats
    exposure_if_all: Floats
    base_rate: Floats
    uplift: Floats
    spillover_rate: Floats
    direct_value: Floats
    spillover_value: Floats
    value: Floats
    has_converted: Flags


def saturations(company: Company, campaign: Campaign, community: Indices) -> Floats:
    """Return each community's saturation; a unit design treats half everywhere."""
    if campaign.design == "unit":
        return np.full(len(community), 0.5)
    drawn = company.draws.below(len(SATURATIONS), f"saturation {campaign.id}", community)
    return np.asarray(np.array(SATURATIONS)[drawn])


def treated(company: Company, campaign: Campaign, person: Indices) -> Flags:
    """Return who got the campaign, for persons of any block."""
    share = saturations(company, campaign, company.community(person))
    drawn = company.draws.happens(share, f"treated {campaign.id}", person)
    return People(company, person).consents_to_contact & drawn


def uplift(company: Company, campaign: Campaign, people: People) -> Floats:
    """Return how much a treatment changes each person's probability to convert.

    It depends on what can be known: whether the campaign fits the interest, the discount share,
    the loyalty card, how sociable one is; for some it is below zero.
    """
    fits = (people.interest + campaign.number) % N_INTERESTS < N_INTERESTS // 2
    likes_discount = (people.drivers["discount_share"] - 0.133) / 0.119
    social = np.log(sociability(company, people.person)) - 0.62
    score = np.where(fits, 0.8, -0.8) + 0.5 * likes_discount
    score += 0.35 * social - 0.3 * (people.drivers["is_loyalty_member"] - 0.4)
    return np.asarray(UPLIFT_MEAN + UPLIFT_SD * score)


def exposure(block: int, ties: Ties, is_reached: Callable[[Indices], Flags]) -> Floats:
    """Return the share of each person's tie strength that leads to persons who are reached."""
    start = block * BLOCK
    total, reached = np.zeros(BLOCK), np.zeros(BLOCK)
    for own, other in ((ties.a, ties.b), (ties.b, ties.a)):
        is_here = own // BLOCK == block
        place, weight = own[is_here] - start, ties.strength[is_here]
        total += np.bincount(place, weight, BLOCK)
        reached += np.bincount(place, weight * is_reached(other[is_here]), BLOCK)
    return np.asarray(np.divide(reached, total, out=np.zeros(BLOCK), where=total > 0))


def block_effects(company: Company, campaign: Campaign, block: int, ties: Ties) -> Effects:
    """Return a block's eligible customers in one campaign."""
    people = People(company, company.block(block))
    draws, person = company.draws, people.person
    saturation = saturations(company, campaign, company.community(person))
    is_treated = treated(company, campaign, person)
    exposed = exposure(block, ties, lambda other: treated(company, campaign, other))
    at_most = exposure(block, ties, lambda other: People(company, other).consents_to_contact)
    lift = uplift(company, campaign, people)
    base = BASE_RATE + 0.05 * (people.drivers["is_loyalty_member"] - 0.4)
    rate = np.clip(base + lift * is_treated + SPILLOVER_RATE * exposed, RATE_AT_LEAST, RATE_AT_MOST)
    direct = campaign.direct_value + 0.5 * (lift - UPLIFT_MEAN) / UPLIFT_SD
    spill = np.full(BLOCK, campaign.spillover_value)
    noise = VALUE_NOISE_SD * draws.normal(f"value {campaign.id}", person)
    own_level = 2.0 * draws.normal("value level", person)
    value = 10.0 + own_level + direct * is_treated + spill * exposed + noise
    converts = draws.uniform(f"converts {campaign.id}", person) < rate
    keep = people.consents_to_contact
    return Effects(
        person=person[keep],
        saturation=saturation[keep],
        is_treated=is_treated[keep],
        exposure=exposed[keep],
        exposure_if_all=at_most[keep],
        base_rate=base[keep],
        uplift=lift[keep],
        spillover_rate=np.full(int(keep.sum()), SPILLOVER_RATE),
        direct_value=direct[keep],
        spillover_value=spill[keep],
        value=np.round(value, 2)[keep],
        has_converted=converts[keep],
    )
