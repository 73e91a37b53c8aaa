"""Entities of who belongs to whom and what was tried: organizations, ties, deals, experiments."""

from __future__ import annotations

from crm_tasks.contracts.entity import Entity, Field, key, text, word

ENDS = ("customer", "organization")

ORGANIZATIONS = Entity(
    name="organizations",
    grain="One row per organization of a source",
    key=("organization_source_id",),
    fields=(
        key("organization_source_id", "Identifier of the organization in the source"),
        text("name", "Name of the organization"),
        text("industry", "Industry in the source's words"),
        text("employee_band", "Number of employees, as a band"),
        text("country_code", "Country, ISO 3166 alpha-2"),
        text("domain_name", "Domain of its mail and web addresses"),
        text("parent_organization_source_id", "Organization it belongs to"),
        text("owner_source_id", "Employee of ours who looks after it"),
    ),
)

OWNERS = Entity(
    name="owners",
    grain="One row per employee of ours who owns organizations or opportunities",
    key=("owner_source_id",),
    fields=(
        key("owner_source_id", "Identifier of the owner in the source"),
        text("name", "Name an analyst recognises: a role, or a name that may be published"),
        text("team", "Team"),
        text("manager_source_id", "Owner this one reports to"),
    ),
)

TIES = Entity(
    name="ties",
    grain="One row per stated tie between two customers or organizations",
    key=("tie_type", "tie_source_id"),
    fields=(
        key("tie_source_id", "Identifier of the tie; without one, both ends joined"),
        word(
            "tie_type",
            "What ties them",
            ("trust", "cooperation", "referral", "works_for", "same_household", "mention"),
            is_required=True,
        ),
        word("from_type", "What stands at the first end", ENDS, is_required=True),
        key("from_source_id", "First end: who trusts, refers, works, mentions"),
        word("to_type", "What stands at the second end", ENDS, is_required=True),
        key("to_source_id", "Second end: who is trusted, referred, worked for, mentioned"),
        Field("strength", "number", "Strength as the source states it", least=0),
        Field("strength_most", "number", "Greatest strength the source's scale knows", least=0),
        Field("tied_at", "timestamp", "Since when it holds, or when it was said", False, True),
        Field("ends_on", "date", "Last day it holds"),
    ),
)

OPPORTUNITIES = Entity(
    name="opportunities",
    grain="One row per deal",
    key=("opportunity_source_id",),
    fields=(
        key("opportunity_source_id", "Identifier of the deal"),
        text("organization_source_id", "Organization it is with"),
        text("customer_source_id", "Customer it is with, if a person"),
        text("owner_source_id", "Employee of ours who works on it"),
        text("stage_name", "Stage it stands in, in the source's words"),
        Field("amount", "decimal", "Amount it is expected to bring"),
        Field("currency_code", "currency", "Currency of the amount; empty: the company's"),
        Field("probability", "number", "Stated probability to win it", least=0, most=1),
        Field("opened_at", "timestamp", "When it was opened", True, True),
        Field("close_date", "date", "Day it was or shall be closed"),
        Field("is_won", "boolean", "Whether it was won; empty while it is open"),
    ),
)

OPPORTUNITY_STAGES = Entity(
    name="opportunity_stages",
    grain="One row per stage a deal entered",
    key=("opportunity_source_id", "stage_name", "entered_at"),
    fields=(
        key("opportunity_source_id", "Deal"),
        key("stage_name", "Stage, in the source's words"),
        Field("entered_at", "timestamp", "When the deal entered it", True, True),
    ),
)

ASSIGNMENTS = Entity(
    name="assignments",
    grain="One row per unit that a campaign assigned to an arm",
    key=("assignment_source_id",),
    fields=(
        key("assignment_source_id", "Identifier of the assignment"),
        key("campaign_source_id", "Campaign"),
        key("customer_source_id", "Customer who was assigned"),
        text("cluster_source_id", "Cluster that was drawn together"),
        key("arm", "Arm, in the source's words: treatment, control"),
        Field("saturation", "number", "Share of the cluster that was treated", least=0, most=1),
        Field("propensity", "number", "Probability to be assigned to this arm", least=0, most=1),
        Field("assigned_at", "timestamp", "When it was drawn", True, True),
    ),
)

OUTCOMES = Entity(
    name="outcomes",
    grain="One row per outcome of a unit in a campaign",
    key=("outcome_source_id",),
    fields=(
        key("outcome_source_id", "Identifier of the measurement"),
        key("campaign_source_id", "Campaign"),
        text("unit_source_id", "Unit measured, where it is no single customer"),
        text("customer_source_id", "Customer measured"),
        key("outcome_name", "What was measured: satisfaction, loyalty, value, converted"),
        Field("outcome_value", "number", "The measurement", True),
        Field("observed_at", "timestamp", "When it was measured", True, True),
    ),
)

RELATIONS = (
    ORGANIZATIONS,
    OWNERS,
    TIES,
    OPPORTUNITIES,
    OPPORTUNITY_STAGES,
    ASSIGNMENTS,
    OUTCOMES,
)
