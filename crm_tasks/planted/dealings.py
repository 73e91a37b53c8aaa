"""The rest of the company's books: organizations, referrals, trust, consents, surveys, pipeline."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.planted.campaigns import CAMPAIGNS, CLOSED, Campaign, block_effects
from crm_tasks.planted.company import DAYS, START, Company
from crm_tasks.planted.lexicon import INDUSTRIES
from crm_tasks.planted.people import People, iso_days, organization_domains, organization_names
from crm_tasks.planted.purchases import SECONDS
from crm_tasks.planted.records import first_ids, known_records
from crm_tasks.planted.voices import iso_seconds

if TYPE_CHECKING:
    from crm_tasks.planted.campaigns import Effects
    from crm_tasks.planted.randoms import Floats, Indices
    from crm_tasks.planted.ties import Ties

Columns = dict[str, Any]

TRUST_SHARE, TRUST_NOISE_SD = 0.8, 2.5
REFERRAL_SHARE = 0.25
COOPERATION_PER_ORGANIZATION = 2
OPPORTUNITIES_PER_ORGANIZATION = 2.0
STAGES = ("qualification", "proposal", "negotiation")
OWNERS = tuple(f"owner{number}" for number in range(1, 9))
CHANNELS = ("email", "sms", "social")
COUPON_OF = {campaign.id: f"V{campaign.number:02d}" for campaign in CAMPAIGNS}


def dates(day: Indices) -> list[str]:
    """Return days from the start as YYYY-MM-DD."""
    found: list[str] = iso_days(
        np.datetime64(START) + np.asarray(day).astype("timedelta64[D]")
    ).tolist()
    return found


# --- organizations --------------------------------------------------------------------------------


def organizations(company: Company, number: Indices) -> Columns:
    """Return organizations by number."""
    u = company.draws.uniform
    band = np.array(["1-10", "11-50", "51-250", "251+"])
    parent = company.draws.below(company.n_organizations, "parent", number)
    has_parent = company.draws.happens(0.08, "has parent", number) & (parent != number)
    return {
        "organization_id": organization_ids(number),
        "name": organization_names(number).tolist(),
        "industry": np.array(INDUSTRIES)[number % len(INDUSTRIES)].tolist(),
        "employee_band": band[(4 * u("band", number) ** 1.6).astype(np.int64)].tolist(),
        "country_code": np.where(number % 2 == 0, "CN", "GB").tolist(),
        "domain": organization_domains(number).tolist(),
        "parent_organization_id": [
            one if has else ""
            for one, has in zip(organization_ids(parent), has_parent, strict=True)
        ],
        "owner_id": np.array(OWNERS)[number % len(OWNERS)].tolist(),
    }


def organization_ids(number: Indices) -> list[str]:
    """Return the identifiers of organizations by number."""
    return [f"O{one:06d}" for one in np.asarray(number).tolist()]


def cooperations(company: Company, number: Indices) -> Columns:
    """Return cooperation ties: organizations of neighbouring numbers, contracts as evidence."""
    source = np.repeat(number, COOPERATION_PER_ORGANIZATION)
    copy = np.tile(np.arange(COOPERATION_PER_ORGANIZATION), len(number))
    near = source // 10 * 10 + company.draws.below(10, "partner", source, copy)
    far = company.draws.below(company.n_organizations, "far partner", source, copy)
    target = np.where(company.draws.happens(0.85, "near partner", source, copy), near, far)
    target = np.minimum(target, company.n_organizations - 1)
    keep = target != source
    source, target, copy = source[keep], target[keep], copy[keep]
    strength = cooperation_strength(company, source, target)
    return {
        "organization_id": organization_ids(source),
        "partner_id": organization_ids(target),
        "contracts": (1 + np.round(20 * strength)).astype(np.int64).tolist(),
        "since": dates(company.draws.below(DAYS, "cooperates since", source, copy)),
    }


def cooperation_strength(company: Company, source: Indices, target: Indices) -> Floats:
    """Return the true strength of a cooperation, the same in both directions."""
    low, high = np.minimum(source, target), np.maximum(source, target)
    return np.asarray(0.05 + 0.95 * company.draws.uniform("cooperation", low, high) ** 2)


def works_for(company: Company, block: int) -> Columns:
    """Return whom the CRM lists as working where."""
    people = People(company, company.block(block))
    keep = people.is_in_crm & (people.employer >= 0)
    person = people.person[keep]
    since = company.draws.below(DAYS, "works since", person)
    return {
        "crm_id": first_ids(company, "crm", person).tolist(),
        "organization_id": organization_ids(people.employer[keep]),
        "since": dates(since),
    }


def opportunities(company: Company, number: Indices) -> tuple[Columns, Columns]:
    """Return opportunities and the history of their stages."""
    rng = company.draws.block("opportunities", int(number[0]))
    owner = np.repeat(number, rng.poisson(OPPORTUNITIES_PER_ORGANIZATION, len(number)))
    n = len(owner)
    ids = [f"D{int(number[0]) * 100 + place}" for place in range(n)]
    opened = rng.integers(0, DAYS - 60, n)
    lengths = rng.integers(10, 50, (n, len(STAGES)))
    chance = win_probability(company, owner)
    is_won = rng.random(n) < chance
    closed = opened + lengths.sum(axis=1)
    is_closed = closed < DAYS
    stage: list[str] = []
    history: Columns = {"opportunity_id": [], "stage_name": [], "entered_on": []}
    entered = opened[:, None] + np.concatenate(
        (np.zeros((n, 1), np.int64), np.cumsum(lengths, axis=1)), axis=1
    )
    for row in range(n):
        names = (*STAGES, "won" if is_won[row] else "lost")
        reached = [k for k in range(len(names)) if entered[row, k] < DAYS]
        history["opportunity_id"] += [ids[row]] * len(reached)
        history["stage_name"] += [names[k] for k in reached]
        history["entered_on"] += dates(entered[row, reached])
        stage.append(names[reached[-1]])
    return {
        "opportunity_id": ids,
        "organization_id": organization_ids(owner),
        "owner_id": np.array(OWNERS)[owner % len(OWNERS)].tolist(),
        "stage_name": stage,
        "amount": [f"{value:.2f}" for value in np.exp(rng.normal(9, 0.8, n)).tolist()],
        "opened_on": dates(opened),
        "close_date": dates(closed),
        "is_won": np.where(is_closed, np.where(is_won, "true", "false"), "").tolist(),
    }, history


def win_probability(company: Company, organization: Indices) -> Floats:
    """Return the true probability to win a deal: by owner and industry."""
    owner = company.draws.normal("owner skill", organization % len(OWNERS))
    industry = company.draws.normal("industry", organization % len(INDUSTRIES) + 100)
    return np.asarray(1 / (1 + np.exp(0.7 - 0.5 * owner - 0.4 * industry)))


# --- trust, referrals -----------------------------------------------------------------------------


def trust_and_referrals(company: Company, block: int, ties: Ties) -> tuple[Columns, Columns]:
    """Return stated trust (0 to 100, by either side) and referrals among shop customers."""
    own = ties.owned(block)
    both = People(company, own.a).is_shop_customer & People(company, own.b).is_shop_customer
    a, b, strength = own.a[both], own.b[both], own.strength[both]
    rng = company.draws.block("trust", block)
    source, target = np.concatenate((a, b)), np.concatenate((b, a))
    score = 100 * np.tile(strength, 2) + rng.normal(0, TRUST_NOISE_SD, 2 * len(a))
    keep = rng.random(len(source)) < TRUST_SHARE
    trust = {
        "trustor_id": first_ids(company, "shop", source[keep]).tolist(),
        "trustee_id": first_ids(company, "shop", target[keep]).tolist(),
        "score": np.clip(np.round(score[keep], 1), 0.1, 100.0).tolist(),
        "stated_at": dates(rng.integers(0, DAYS, int(keep.sum()))),
    }
    refers = rng.random(len(a)) < REFERRAL_SHARE * strength
    referrals = {
        "referrer_id": first_ids(company, "shop", a[refers]).tolist(),
        "referred_id": first_ids(company, "shop", b[refers]).tolist(),
        "referred_at": dates(rng.integers(0, DAYS, int(refers.sum()))),
    }
    return trust, referrals


# --- consents and surveys -------------------------------------------------------------------------


def consents(company: Company, block: int) -> Columns:
    """Return consent events of CRM customers; those who are contacted consented at the start."""
    people = People(company, company.block(block))
    rng, found = company.draws.block("consents", block), []
    crm = people.person[people.is_in_crm]
    allows = people.consents_to_contact[people.is_in_crm]
    ids = first_ids(company, "crm", crm)
    for channel in CHANNELS:
        is_social = channel == "social"
        grants = rng.random(len(crm)) < 0.5 if is_social else allows  # noqa: PLR2004
        status = np.where(grants, "granted", "denied")
        withdraws = grants & (rng.random(len(crm)) < (0.05 if is_social else 0.0))
        found.append((ids, channel, status, rng.integers(0, 60, len(crm))))
        later = rng.integers(100, DAYS, int(withdraws.sum()))
        found.append((ids[withdraws], channel, np.full(len(later), "withdrawn"), later))
    n = [len(part[0]) for part in found]
    day = np.concatenate([part[3] for part in found])
    return {
        "consent_event_id": [f"E{block * 100_000 + row}" for row in range(sum(n))],
        "crm_id": np.concatenate([part[0] for part in found]).tolist(),
        "channel": np.repeat([part[1] for part in found], n).tolist(),
        "purpose": ["marketing"] * sum(n),
        "status": np.concatenate([part[2] for part in found]).tolist(),
        "occurred_at": iso_seconds(day * SECONDS + 36_000),
    }


def surveys(company: Company, block: int) -> Columns:
    """Return satisfaction answers of shop customers; late deliveries lower them."""
    people = People(company, company.block(block))
    rng = company.draws.block("surveys", block)
    keep = people.is_shop_customer & (rng.random(len(people.person)) < 0.15)  # noqa: PLR2004
    person, n = people.person[keep], int(keep.sum())
    mood = 4.3 - 4.0 * people.drivers["late_delivery_share"][keep] + rng.normal(0, 0.7, n)
    csat = np.clip(np.round(mood), 1, 5).astype(np.int64)
    nps = np.clip(np.round(2.2 * mood + rng.normal(0, 1.0, n) - 1.0), 0, 10).astype(np.int64)
    return {
        "survey_id": [f"S{block * 1_000 + row}" for row in range(n)],
        "customer_id": first_ids(company, "shop", person).tolist(),
        "survey_at": iso_seconds(rng.integers(200, DAYS, n) * SECONDS + 43_200),
        "csat": csat.tolist(),
        "nps": nps.tolist(),
    }


# --- campaigns ------------------------------------------------------------------------------------


def campaign_list() -> Columns:
    """Return the campaigns as planned."""
    return {
        "campaign_id": [campaign.id for campaign in CAMPAIGNS],
        "name": [campaign.name for campaign in CAMPAIGNS],
        "campaign_type": [campaign.kind for campaign in CAMPAIGNS],
        "content_type": [campaign.content_type for campaign in CAMPAIGNS],
        "channel": [campaign.channel for campaign in CAMPAIGNS],
        "design": [campaign.design for campaign in CAMPAIGNS],
        "start_date": [campaign.start.isoformat() for campaign in CAMPAIGNS],
        "end_date": [campaign.end.isoformat() for campaign in CAMPAIGNS],
        "unit_cost": [f"{campaign.unit_cost:.4f}" for campaign in CAMPAIGNS],
        "is_randomized": ["true"] * len(CAMPAIGNS),
    }


def campaign_tables(company: Company, block: int, ties: Ties) -> dict[str, Columns]:
    """Return a block's arms, contacts, outcomes (closed campaigns) and redemptions."""
    tables: dict[str, list[Columns]] = {}
    for campaign in CAMPAIGNS:
        effects = block_effects(company, campaign, block, ties)
        ids = first_ids(company, "crm", effects.person)
        for name, columns in {
            "assignments": _assignments(company, campaign, effects, ids),
            "contacts": _contacts(campaign, effects, ids),
            "outcomes": _outcomes(campaign, effects, ids),
            "redemptions": _redemptions(company, campaign, effects, ids),
        }.items():
            tables.setdefault(name, []).append(columns)
    return {name: _stacked(parts) for name, parts in tables.items()}


def _assignments(
    company: Company, campaign: Campaign, effects: Effects, ids: np.ndarray
) -> Columns:
    cluster = company.draws.words("cluster label", company.community(effects.person)) % np.uint64(
        10**9
    )
    n = len(ids)
    return {
        "campaign_id": [campaign.id] * n,
        "customer_id": ids.tolist(),
        "cluster_id": [f"G{one}" for one in cluster.tolist()],
        "saturation": effects.saturation.tolist(),
        "arm": np.where(effects.is_treated, "treatment", "control").tolist(),
        "assigned_at": [(campaign.start - dt.timedelta(days=3)).isoformat()] * n,
    }


def _contacts(campaign: Campaign, effects: Effects, ids: np.ndarray) -> Columns:
    sent = ids[effects.is_treated].tolist()
    day = (campaign.start - START).days + (effects.person[effects.is_treated] % 7)
    return {
        "contact_id": [f"{campaign.id}-{one}" for one in sent],
        "campaign_id": [campaign.id] * len(sent),
        "customer_id": sent,
        "channel": [campaign.channel] * len(sent),
        "sent_at": iso_seconds(np.minimum(day, DAYS - 1) * SECONDS + 32_400),
        "cost": [f"{campaign.unit_cost:.4f}"] * len(sent),
    }


def _outcomes(campaign: Campaign, effects: Effects, ids: np.ndarray) -> Columns:
    """Return value and conversion of everybody in a closed campaign; none while it runs."""
    is_closed = campaign in CLOSED
    n = len(ids) if is_closed else 0
    value = [f"{one:.2f}" for one in effects.value[:n].tolist()]
    converted = effects.has_converted[:n].astype(np.int64).astype(str).tolist()
    return {
        "campaign_id": [campaign.id] * (2 * n),
        "customer_id": ids[:n].tolist() * 2,
        "outcome_name": ["value"] * n + ["converted"] * n,
        "outcome_value": value + converted,
        "observed_at": [campaign.end.isoformat()] * (2 * n),
    }


def _redemptions(
    company: Company, campaign: Campaign, effects: Effects, ids: np.ndarray
) -> Columns:
    keep = effects.is_treated & effects.has_converted
    start, n_days = (campaign.start - START).days, (campaign.end - campaign.start).days
    after = company.draws.below(n_days, f"redeems {campaign.id}", effects.person)
    day = start + np.maximum(after, 7)
    keep &= day < DAYS
    found = ids[keep].tolist()
    return {
        "redemption_id": [f"{campaign.id}-{one}-R" for one in found],
        "campaign_id": [campaign.id] * len(found),
        "customer_id": found,
        "coupon_id": [COUPON_OF[campaign.id]] * len(found),
        "redeemed_at": iso_seconds(day[keep] * SECONDS + 50_000),
    }


def coupons(company: Company) -> Columns:
    """Return which products each campaign's coupon is good for."""
    found: Columns = {"coupon_id": [], "product_id": [], "campaign_id": []}
    for campaign in CAMPAIGNS:
        products = np.unique(
            company.draws.below(company.n_products // 32 * 32, campaign.id, np.arange(25))
        ).tolist()
        found["coupon_id"] += [COUPON_OF[campaign.id]] * len(products)
        found["product_id"] += [f"P{product:05d}" for product in products]
        found["campaign_id"] += [campaign.id] * len(products)
    return found


def _stacked(parts: list[Columns]) -> Columns:
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}


def contact_rows(company: Company, block: int) -> Columns:
    """Return the support desk's address book: everyone who ever wrote."""
    records = known_records(company, "support", block)
    return {
        "contact_id": records.ids().tolist(),
        "name": records.names().tolist(),
        "email": records.emails().tolist(),
        "phone": records.phones().tolist(),
        "birth_date": records.birth_dates().tolist(),
        "address": records.addresses().tolist(),
        "city": records.people.cities().tolist(),
    }
