"""Contracts of the strategy tables: who is contacted, by what, with what, when and why."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

CAMPAIGNS = Table(
    schema="strategy",
    name="campaigns",
    grain="One row per objective planned for an as-of date",
    key=("campaign_id",),
    columns=(
        Column("campaign_id", "VARCHAR", "objective-date, e.g. retention-2018-01-02", False),
        Column("objective", "VARCHAR", "satisfaction, loyalty, value or retention", False),
        Column("name", "VARCHAR", "Name a marketing manager reads", False),
        Column("name_zh", "VARCHAR", "Name in Chinese", False),
        Column("budget", "DECIMAL(18,2)", "Money set aside; NULL where none is declared"),
        Column("planned_cost", "DECIMAL(18,4)", "Sum of the costs of its actions", False),
        Column("n_actions", "BIGINT", "Actions planned", False, "actions"),
        Column("start_date", "DATE", "First day an action may fall on", False),
        Column("end_date", "DATE", "Last day an action may fall on", False),
        Column("design", "VARCHAR", "How treatment is assigned: cluster, unit or none", False),
        Column("holdout_share", "DOUBLE", "Share kept without contact", False, "share"),
        Column("status", "VARCHAR", "planned or planned_dry_run", False),
        as_of_date_column(),
    ),
    history="append",
)

ACTIONS = Table(
    schema="strategy",
    name="actions",
    grain="One row per chosen action: who, by which channel, with which content, when",
    key=("strategy_action_id",),
    columns=(
        Column("strategy_action_id", "VARCHAR", "Digest of customer, campaign and rule", False),
        Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
        Column("customer_id", "VARCHAR", "Who", False),
        Column("channel_id", "VARCHAR", "By which channel, in core.dim_channels", False),
        Column("content_id", "VARCHAR", "With which content, in core.dim_contents", False),
        Column("content_type", "VARCHAR", "promotion, entertainment or education", False),
        Column("scheduled_at", "TIMESTAMP", "When, in UTC", False),
        Column("priority", "INTEGER", "Place among all actions of the plan, from 1", False),
        Column("rule_id", "VARCHAR", "Rule that chose it", False),
        Column("expected_uplift", "DOUBLE", "NULL until randomised evidence exists", unit="share"),
        Column("expected_value", "DECIMAL(18,2)", "NULL until randomised evidence exists"),
        Column(
            "influence_value",
            "DOUBLE",
            "Others expected to become active if this one is; not money; NULL without ties",
        ),
        Column("cost", "DECIMAL(18,4)", "Unit cost of the channel", False),
        Column("decision_propensity", "DOUBLE", "Probability of this choice; 1 by rule", False),
        Column("arm", "VARCHAR", "Arm of an experiment, or none", False),
        Column("consent_basis", "VARCHAR", "granted, or assumed by the profile", False),
        Column("policy_version", "VARCHAR", "Version of the rules", False),
        Column("idempotency_key", "VARCHAR", "The same key is never sent twice", False),
        Column("status", "VARCHAR", "planned or planned_dry_run", False),
        as_of_date_column(),
    ),
    history="append",
)

ACTION_REASONS = Table(
    schema="strategy",
    name="action_reasons",
    grain="One row per action and reason; every action has at least two",
    key=("strategy_action_id", "rank"),
    columns=(
        Column("strategy_action_id", "VARCHAR", "Action", False),
        Column("rank", "INTEGER", "Place among its reasons, from 1", False),
        Column("reason_code", "VARCHAR", "Rule id or a code such as consent_not_recorded", False),
        Column("text_en", "VARCHAR", "The reason in English", False),
        Column("text_zh", "VARCHAR", "The reason in Chinese", False),
        Column("value", "DOUBLE", "The figure the reason speaks of, where it has one"),
        as_of_date_column(),
    ),
    history="append",
)

RULES_FIRED = Table(
    schema="strategy",
    name="rules_fired",
    grain="One row per customer and rule that holds; of a score one per term that is known",
    key=("customer_id", "rule_id", "term"),
    columns=(
        Column("customer_id", "VARCHAR", "For whom", False),
        Column("rule_id", "VARCHAR", "Rule or score of the rule book", False),
        Column("term", "VARCHAR", "Term of a score; empty for other rules", False),
        Column(
            "kind",
            "VARCHAR",
            "score, classification, expansion, eligibility or suppression",
            False,
        ),
        Column("rule_version", "INTEGER", "Version the rule book gives the rule", False),
        Column(
            "outcome",
            "VARCHAR",
            "Class given, contents offered, or what is allowed or stopped; a score's own name",
            False,
        ),
        Column("inputs", "VARCHAR", "What was read: name=value; name=value", False),
        Column("figure", "DOUBLE", "A term's x, or the figure of an offer's reason"),
        Column("weight", "DOUBLE", "Weight w of the term"),
        Column(
            "score_part",
            "DOUBLE",
            "w x / sum(w) over the known terms of a mean; b x, or a, of a logistic",
        ),
        Column("score", "DOUBLE", "The score: sum of its parts, or 1 / (1 + exp(-sum))"),
        as_of_date_column(),
    ),
)

TABLES = (RULES_FIRED, CAMPAIGNS, ACTIONS, ACTION_REASONS)
