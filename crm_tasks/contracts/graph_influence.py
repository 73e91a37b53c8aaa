"""Contracts of the graph's dynamics: what ties carry, how far it goes, where to start it.

Every figure here rests on ``graph.activation_probabilities``; where a row there is declared and not
learned, what follows from it is a what-if and no forecast.
"""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

MODELS = "independent_cascade or linear_threshold"


def _campaign() -> Column:
    meaning = "What the seeds are for; standing-<as-of date>: no campaign, a standing what-if"
    return Column("campaign_id", "VARCHAR", meaning, False)


def _model() -> Column:
    return Column("diffusion_model", "VARCHAR", f"{MODELS} (Kempe, Kleinberg, Tardos 2003)", False)


def _method() -> Column:
    meaning = "reach_sets, or a baseline: out_degree, weighted_strength, pagerank, random"
    return Column("method", "VARCHAR", meaning, False)


def _is_chosen() -> Column:
    meaning = "Whether this method's seeds had the largest simulated spread of all methods"
    return Column("is_chosen", "BOOLEAN", meaning, False)


ACTIVATION_PROBABILITIES = Table(
    schema="graph",
    name="activation_probabilities",
    grain="One row per layer that carries influence and diffusion model",
    key=("layer", "diffusion_model"),
    columns=(
        Column("layer", "VARCHAR", "Edge type that carries influence between customers", False),
        _model(),
        Column("flow", "VARCHAR", "Which way influence runs: both, along or against ties", False),
        Column(
            "rate",
            "DOUBLE",
            "What is used: a tie activates with 1 - exp(-rate * strength) (cascade), or all "
            "neighbours together with this probability (threshold)",
            False,
        ),
        Column("mean_probability", "DOUBLE", "Mean over the layer's arcs; NULL without", True),
        Column("source", "VARCHAR", "learned from an exposure log, or declared", False),
        Column("reason", "VARCHAR", "Why it is learned or declared", False),
        Column("evidence", "VARCHAR", "What the log was: randomised, observational or none", False),
        Column("estimate", "DOUBLE", "What the log says, used or not, in units of rate"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval"),
        Column(
            "estimate_if_shuffled",
            "DOUBLE",
            "What likeness alone gives (moments shuffled among converters); already taken off",
        ),
        Column("shuffle_p_value", "DOUBLE", "Share of shuffled orders that give as much or more"),
        Column("n_campaigns", "BIGINT", "Campaigns in the exposure log", False, "campaigns"),
        Column("n_units", "BIGINT", "Customers in campaigns observed", False, "customers"),
        Column("n_exposed", "BIGINT", "Of these, with a neighbour active before", False),
        Column("n_converted", "BIGINT", "Of all, converted", False, "customers"),
        Column("n_converted_exposed", "BIGINT", "Of the exposed, converted", False, "customers"),
        as_of_date_column(),
    ),
)

INFLUENCE_SEEDS = Table(
    schema="graph",
    name="influence_seeds",
    grain="One row per seed of a campaign, diffusion model and method of choosing",
    key=("campaign_id", "diffusion_model", "method", "rank"),
    columns=(
        _campaign(),
        _model(),
        _method(),
        _is_chosen(),
        Column("rank", "INTEGER", "Order in which the method took it, from 1", False),
        Column("customer_id", "VARCHAR", "Customer to start with", False),
        Column(
            "marginal_spread", "DOUBLE", "Customers it adds to the seeds before it", False,
            "customers",
        ),
        Column(
            "cumulative_spread", "DOUBLE", "Customers active in the end with all seeds so far, "
            "seeds included: simulated, not the choosing method's own figure", False, "customers",
        ),
        Column("spread_ci_low", "DOUBLE", "Lower end of its 95 % interval", False, "customers"),
        Column("spread_ci_high", "DOUBLE", "Upper end of its 95 % interval", False, "customers"),
        Column("cost", "DOUBLE", "What contacting this seed costs", False, "currency"),
        as_of_date_column(),
    ),
)  # fmt: skip

INFLUENCE_COMPARISONS = Table(
    schema="graph",
    name="influence_comparisons",
    grain="One row per campaign, diffusion model and method of choosing seeds",
    key=("campaign_id", "diffusion_model", "method"),
    columns=(
        _campaign(),
        _model(),
        _method(),
        _is_chosen(),
        Column("n_seeds", "BIGINT", "Seeds within the same budget and number", False, "customers"),
        Column("cost", "DOUBLE", "Sum of their costs", False, "currency"),
        Column("spread", "DOUBLE", "Customers active in the end, simulated", False, "customers"),
        Column("spread_ci_low", "DOUBLE", "Lower end of its 95 % interval", False, "customers"),
        Column("spread_ci_high", "DOUBLE", "Upper end of its 95 % interval", False, "customers"),
        Column("ratio_to_out_degree", "DOUBLE", "spread / that of the out_degree seeds"),
        Column(
            "lead_over_out_degree", "DOUBLE", "spread - that of the out_degree seeds, in the same "
            "simulated worlds", False, "customers",
        ),
        Column("lead_ci_low", "DOUBLE", "Lower end of its 95 % interval", False, "customers"),
        Column("lead_ci_high", "DOUBLE", "Upper end of its 95 % interval", False, "customers"),
        Column("own_estimate", "DOUBLE", "Spread by the sets it was fitted to; optimistic"),
        Column("n_sets", "BIGINT", "Reverse-reachable sets drawn to choose"),
        Column("epsilon", "DOUBLE", "Relative error the number of sets stands for"),
        as_of_date_column(),
    ),
)  # fmt: skip

DIFFUSION_CURVES = Table(
    schema="graph",
    name="diffusion_curves",
    grain="One row per scenario and step of the diffusion",
    key=("scenario_id", "step"),
    columns=(
        Column("scenario_id", "VARCHAR", "campaign_id:diffusion_model:method", False),
        Column("step", "INTEGER", "Steps after the seeds became active, from 0", False, "steps"),
        Column("expected_active", "DOUBLE", "Mean number active by then", False, "customers"),
        Column("p10", "DOUBLE", "A tenth of the worlds has at most this many", False, "customers"),
        Column("p90", "DOUBLE", "A tenth of the worlds has at least this many", False, "customers"),
        _campaign(),
        _model(),
        _method(),
        _is_chosen(),
        as_of_date_column(),
    ),
)

CUSTOMER_INFLUENCE = Table(
    schema="graph",
    name="customer_influence",
    grain="One row per customer with a tie that carries influence",
    key=("customer_id",),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        _model(),
        Column(
            "influence_value",
            "DOUBLE",
            "Expected other customers who become active if this one alone is; not money",
            False,
            "customers",
        ),
        Column("standard_error", "DOUBLE", "Of the simulation", False, "customers"),
        as_of_date_column(),
    ),
)

TABLES = (
    ACTIVATION_PROBABILITIES,
    INFLUENCE_SEEDS,
    INFLUENCE_COMPARISONS,
    DIFFUSION_CURVES,
    CUSTOMER_INFLUENCE,
)
