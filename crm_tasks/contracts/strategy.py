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
        Column("budget", "DECIMAL(18,2)", "Money set aside for the whole plan; NULL: no limit"),
        Column("planned_cost", "DECIMAL(18,4)", "Sum of the costs of its actions", False),
        Column("n_actions", "BIGINT", "Actions planned", False, "actions"),
        Column("start_date", "DATE", "First day an action may fall on", False),
        Column("end_date", "DATE", "Last day an action may fall on", False),
        Column(
            "design",
            "VARCHAR",
            "How the running experiments drew whom to treat: cluster, unit or none",
            False,
        ),
        Column(
            "holdout_share",
            "DOUBLE",
            "Share of the customers that they keep without contact",
            False,
            "share",
        ),
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
        Column("rule_id", "VARCHAR", "Rule that offered it; open_issue for an answer owed", False),
        Column("issue_id", "VARCHAR", "Conversation it answers; NULL for other actions"),
        Column(
            "evidence",
            "VARCHAR",
            "randomised where contacts were once drawn at random, else observational",
            False,
        ),
        Column("expected_response", "DOUBLE", "Share of touches answered, from past answers"),
        Column("expected_uplift", "DOUBLE", "NULL without randomised evidence", unit="share"),
        Column("expected_value", "DECIMAL(18,2)", "NULL without randomised evidence"),
        Column("expected_value_low", "DECIMAL(18,2)", "Lower end of its 95 % interval"),
        Column("expected_value_high", "DECIMAL(18,2)", "Upper end of its 95 % interval"),
        Column(
            "score",
            "DOUBLE",
            "What the plan ranks by: benefit less cost; a forecast only with randomised evidence",
            unit="currency",
        ),
        Column(
            "influence_value",
            "DOUBLE",
            "Others expected to become active if this one is; not money; NULL without ties",
        ),
        Column("cost", "DECIMAL(18,4)", "Unit cost of the channel", False),
        Column("decision_propensity", "DOUBLE", "Probability of this choice", False),
        Column("is_exploration", "BOOLEAN", "Whether it was drawn so that the house learns", False),
        Column(
            "arm",
            "VARCHAR",
            "Arm of the customer in a running experiment: treatment, control, or the baseline that "
            "decided (propensity, out_degree, random); none outside",
            False,
        ),
        Column(
            "consent_basis",
            "VARCHAR",
            "granted, assumed by the profile, or reply to a letter",
            False,
        ),
        Column("policy_version", "VARCHAR", "Version of rules and parameters", False),
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

CANDIDATES = Table(
    schema="strategy",
    name="candidates",
    grain="One row per customer, day and option considered, doing nothing included, and as-of date",
    key=("customer_id", "scheduled_date", "channel_id", "content_id", "as_of_date"),
    columns=(
        Column("customer_id", "VARCHAR", "Who", False),
        Column("campaign_id", "VARCHAR", "Campaign it would belong to; NULL for none"),
        Column("scheduled_date", "DATE", "Day it would fall on, local", False),
        Column("channel_id", "VARCHAR", "By which channel; none: nothing is done that day", False),
        Column("content_id", "VARCHAR", "With which content; none: nothing is done", False),
        Column("content_type", "VARCHAR", "promotion, entertainment or education"),
        Column("rule_id", "VARCHAR", "Rule that offers it"),
        Column("is_eligible", "BOOLEAN", "Whether nothing forbids it", False),
        Column(
            "blocked_by",
            "VARCHAR",
            "open_issue, planned_already, held_out, no_consent, cap_per_7_days, or the rule that "
            "forbids it",
        ),
        Column("p", "DOUBLE", "Share of touches answered, from past answers", unit="share"),
        Column("context_w", "DOUBLE", "How well day and channel fit the customer, up to 1"),
        Column("value", "DOUBLE", "Worth of one response", unit="currency"),
        Column(
            "lever",
            "DOUBLE",
            "Part of a response that counts, as the rule judges; NULL with randomised evidence",
        ),
        Column("uplift", "DOUBLE", "Change measured where targets were drawn at random"),
        Column("evidence", "VARCHAR", "randomised or observational; NULL for none"),
        Column("influence_value", "DOUBLE", "Others expected to follow; a what-if, not money"),
        Column("cost", "DECIMAL(18,4)", "Unit cost of the channel", False, "currency"),
        Column("score", "DOUBLE", "Benefit less cost", False, "currency"),
        Column("net_score", "DOUBLE", "score less the shadow prices of what it takes"),
        Column(
            "decision_propensity",
            "DOUBLE",
            "Probability of the option; sums to 1 per customer and day",
            False,
        ),
        Column("is_chosen", "BOOLEAN", "Whether the plan does it", False),
        Column(
            "why_not",
            "VARCHAR",
            "What blocked it, or not_worth_its_cost, better_option, drawn_otherwise, "
            "decided_by_baseline, full_<limit>, places_taken",
        ),
        as_of_date_column(),
    ),
    history="append",
)

SHADOW_PRICES = Table(
    schema="strategy",
    name="shadow_prices",
    grain="One row per limit of the plan and as-of date",
    key=("constraint_name", "scope", "as_of_date"),
    columns=(
        Column("constraint_name", "VARCHAR", "budget, day, channel_day or fairness:<by>", False),
        Column("scope", "VARCHAR", "The day, channel or group it is about", False),
        Column(
            "price",
            "DOUBLE",
            "Score that one more place, or unit of money, would bring; below 0: what a lower limit "
            "costs",
            False,
        ),
        Column("at_least", "DOUBLE", "Lower limit; 0 without", False),
        Column("at_most", "DOUBLE", "Upper limit, less what duties took; NULL without"),
        Column("used", "DOUBLE", "What the plan takes", False),
        Column("slack", "DOUBLE", "What is left of the upper limit"),
        as_of_date_column(),
    ),
    history="append",
)

PLAN_SOLUTIONS = Table(
    schema="strategy",
    name="plan_solutions",
    grain="One row per plan: how it was found and how far it may be from the best",
    key=("as_of_date",),
    columns=(
        Column("method", "VARCHAR", "mixed_integer or lagrangian: who found the plan", False),
        Column(
            "objective",
            "DOUBLE",
            "Sum of scores of the plan before exploration, customers of baselines apart",
            False,
        ),
        Column("upper_bound", "DOUBLE", "No plan has a higher sum", False),
        Column("relative_gap", "DOUBLE", "(upper_bound - objective) / upper_bound", False, "share"),
        Column("objective_explored", "DOUBLE", "Sum of scores with the options drawn", False),
        Column("n_customers", "BIGINT", "Customers with an option that nothing blocks", False),
        Column("n_options", "BIGINT", "Options that nothing blocks", False),
        Column("n_actions", "BIGINT", "Options taken, duties apart", False),
        Column("n_explored", "BIGINT", "Customers whose option was drawn", False),
        as_of_date_column(),
    ),
    history="append",
)

BUDGET_USAGE = Table(
    schema="strategy",
    name="budget_usage",
    grain="One row per campaign and day, of this plan and those of the last 90 days",
    key=("campaign_id", "day"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
        Column("day", "DATE", "Local day planned for, or sent on", False),
        Column("planned", "DECIMAL(18,4)", "Cost of all actions planned for the day", False),
        Column(
            "committed",
            "DECIMAL(18,4)",
            "Of it, planned for real and not yet known as sent",
            False,
        ),
        Column("actual", "DECIMAL(18,4)", "Cost of the touches on record that carry it out", False),
        as_of_date_column(),
    ),
)

CHANNEL_RANKS = Table(
    schema="strategy",
    name="channel_ranks",
    grain="One row per customer, channel and platform that anything is known of",
    key=("customer_id", "channel_id", "platform"),
    columns=(
        Column("customer_id", "VARCHAR", "Who", False),
        Column("channel_id", "VARCHAR", "Channel in core.dim_channels", False),
        Column("platform", "VARCHAR", "Platform; of social channels as the source names it", False),
        Column(
            "rank",
            "INTEGER",
            "Place among the customer's own, from 1: most acts (answers, letters, interactions), "
            "then most answers, then the latest act, then channel and platform by name",
            False,
        ),
        Column("n_touched", "BIGINT", "Touches sent to the customer", False, "touches"),
        Column("n_answered", "BIGINT", "Of them answered", False, "touches"),
        Column("n_written", "BIGINT", "Letters the customer wrote", False, "letters"),
        Column("n_interactions", "BIGINT", "Posts, mentions, replies, follows", False, "acts"),
        Column("last_acted_at", "TIMESTAMP", "Latest of these acts, in UTC; NULL without any"),
        as_of_date_column(),
    ),
)

DECISION_BRIEFS = Table(
    schema="strategy",
    name="decision_briefs",
    grain="One row per plan, language and format: a page for whoever decides",
    key=("language", "format", "as_of_date"),
    columns=(
        Column("language", "VARCHAR", "en or zh", False),
        Column("format", "VARCHAR", "html, self-contained, or md", False),
        Column("content", "VARCHAR", "The page; `crm brief` writes it into a file", False),
        as_of_date_column(),
    ),
    history="append",
)

TABLES = (
    RULES_FIRED,
    CANDIDATES,
    SHADOW_PRICES,
    PLAN_SOLUTIONS,
    CAMPAIGNS,
    ACTIONS,
    ACTION_REASONS,
    BUDGET_USAGE,
    CHANNEL_RANKS,
    DECISION_BRIEFS,
)
