"""Contracts of the evaluation tables: what past contacts did, and how sure one can be."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

CAMPAIGNS = Table(
    schema="evaluation",
    name="campaigns",
    grain="One row per campaign that is looked back on, of sources and our own, and as-of date",
    key=("campaign_id", "as_of_date"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign", False),
        Column("name", "VARCHAR", "Name of the campaign", False),
        Column("origin", "VARCHAR", "source, plan (strategy.campaigns) or draw (profile)", False),
        Column("campaign_type", "VARCHAR", "Source's type, plan's objective or draw's design"),
        Column("is_randomized", "BOOLEAN", "Whether targets were drawn at random", False),
        Column("start_date", "DATE", "First day; NULL where the source gives none"),
        Column("end_date", "DATE", "Last day as planned"),
        as_of_date_column(),
    ),
    history="snapshot",
)

CAMPAIGN_RESPONSE = Table(
    schema="evaluation",
    name="campaign_response",
    grain="One row per campaign that has contacts and as-of date",
    key=("campaign_id", "as_of_date"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign in evaluation.campaigns", False),
        Column("n_contacted", "BIGINT", "Customers contacted", False, "customers"),
        Column("n_responded", "BIGINT", "Contacted customers who redeemed", False, "customers"),
        Column("response_rate", "DOUBLE", "n_responded / n_contacted", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % Wilson interval", False, "share"),
        Column("n_contacted_with_orders", "BIGINT", "Contacted who ordered meanwhile", False),
        Column("n_not_contacted", "BIGINT", "Customers not contacted", False, "customers"),
        Column("n_not_contacted_with_orders", "BIGINT", "Of these, ordered meanwhile", False),
        Column("evidence", "VARCHAR", "observational or randomised", False),
        Column("label", "VARCHAR", "What the figures may be read as, in English", False),
        Column("label_zh", "VARCHAR", "What the figures may be read as, in Chinese", False),
        as_of_date_column(),
    ),
    history="snapshot",
)

SEGMENT_STABILITY = Table(
    schema="evaluation",
    name="segment_stability",
    grain="One row per segmentation and what it is compared with: how far both agree",
    key=("segmentation", "compared_with", "as_of_date"),
    columns=(
        Column("segmentation", "VARCHAR", "Which way of segmenting", False),
        Column("compared_with", "VARCHAR", "bootstrap refits, or the predecessor", False),
        Column("run_id_prev", "VARCHAR", "The predecessor; NULL for bootstrap"),
        Column("ari", "DOUBLE", "Adjusted Rand index, 1 the same; bootstrap: mean over pairs"),
        Column("nmi", "DOUBLE", "Mutual information over the mean entropy"),
        Column("jaccard_min", "DOUBLE", "Best overlap of the old segment that changed most"),
        Column("share_moved", "DOUBLE", "Customers now in another segment", unit="share"),
        Column("n_customers", "BIGINT", "Customers in both", unit="customers"),
        as_of_date_column(),
    ),
    history="snapshot",
)

ASSIGNMENTS = Table(
    schema="evaluation",
    name="assignments",
    grain="One row per customer that a campaign of ours drew into an arm, once, before acting",
    key=("campaign_id", "customer_id"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
        Column("cluster_id", "VARCHAR", "Community it was drawn with; NULL where units are drawn"),
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("arm", "VARCHAR", "treatment or control", False),
        Column("saturation", "DOUBLE", "Share of its community that is treated", False, "share"),
        Column("assigned_at", "TIMESTAMP", "Start of the as-of date of the draw", False),
        Column("assignment_propensity", "DOUBLE", "Probability of this arm", False, "share"),
        Column("design", "VARCHAR", "cluster, unit or none", False),
        Column("seed", "BIGINT", "Seed of the draw", False),
        as_of_date_column(),
    ),
    history="append",
)

DESIGNS = Table(
    schema="evaluation",
    name="designs",
    grain="One row per campaign of ours and estimand: what its draw can see, before it starts",
    key=("campaign_id", "outcome", "estimand"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign in strategy.campaigns", False),
        Column("design", "VARCHAR", "cluster, unit or none", False),
        Column("outcome", "VARCHAR", "Outcome the design is judged by", False),
        Column("estimand", "VARCHAR", "direct, spillover or total", False),
        Column("mde", "DOUBLE", "Effect found with 80 % probability at the 95 % level"),
        Column("outcome_sd", "DOUBLE", "Standard deviation of the outcome before"),
        Column("outcome_icc", "DOUBLE", "Share of its variance between communities", unit="share"),
        Column("cut_share", "DOUBLE", "Share of tie strength between communities", unit="share"),
        Column("n_units", "BIGINT", "Customers drawn", False, "customers"),
        Column("n_clusters", "BIGINT", "Communities drawn", False, "communities"),
        Column("n_treated", "BIGINT", "Customers drawn into treatment", False, "customers"),
        Column("seed", "BIGINT", "Seed of the draw", False),
        as_of_date_column(),
    ),
    history="append",
)

EXPOSURES = Table(
    schema="evaluation",
    name="exposures",
    grain="One row per customer of a randomised campaign: own arm, and how treated the company is",
    key=("campaign_id", "customer_id"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign", False),
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("arm", "VARCHAR", "Arm as drawn", False),
        Column("cluster_id", "VARCHAR", "Cluster as drawn, else the community"),
        Column("saturation", "DOUBLE", "Share of the cluster that was to be treated", unit="share"),
        Column("own_treated", "BOOLEAN", "Whether in any arm but the baseline", False),
        Column(
            "neighbor_treated_share",
            "DOUBLE",
            "Share of tie strength that leads to treated customers; 0 without ties",
            False,
            "share",
        ),
        Column(
            "neighbor_possible_share",
            "DOUBLE",
            "Share of tie strength that leads to customers of the campaign",
            False,
            "share",
        ),
        Column(
            "exposure_class",
            "VARCHAR",
            "control_alone, control_exposed, treated_alone or treated_exposed",
            False,
        ),
        Column("tie_layer", "VARCHAR", "Layer of graph.edges; NULL where no tie is known"),
        as_of_date_column(),
    ),
)

STRATEGY_RESULTS = Table(
    schema="evaluation",
    name="strategy_results",
    grain="One row per campaign, outcome, estimand, estimator, arm and as-of date",
    key=("campaign_id", "outcome", "estimand", "estimator", "arm", "as_of_date"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign", False),
        Column(
            "outcome",
            "VARCHAR",
            "satisfaction, loyalty, value, churn_rate, or a name the source declares",
            False,
        ),
        Column("estimand", "VARCHAR", "direct, spillover, total or association", False),
        Column(
            "estimator",
            "VARCHAR",
            "exposure_regression, design_contrast, unit_difference or adjusted_association",
            False,
        ),
        Column("arm", "VARCHAR", "Arm compared", False),
        Column("baseline_arm", "VARCHAR", "Arm it is compared with", False),
        Column("effect", "DOUBLE", "Difference in the outcome; read the label", False),
        Column("se", "DOUBLE", "Its standard error"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval"),
        Column("p_value", "DOUBLE", "Two-sided p-value of no difference"),
        Column("interval_kind", "VARCHAR", "fixed, or always_valid while it runs", False),
        Column("mean_baseline", "DOUBLE", "Mean outcome of the baseline arm"),
        Column("n_units", "BIGINT", "Customers behind it", False, "customers"),
        Column("n_clusters", "BIGINT", "Communities behind its error", False, "communities"),
        Column(
            "cuped_variance_ratio",
            "DOUBLE",
            "Variance left after what was known before; NULL where nothing was",
            unit="share",
        ),
        Column(
            "srm_p", "DOUBLE", "p-value of the arms seen against those drawn; below .001 is bad"
        ),
        Column("mde", "DOUBLE", "Effect this design finds with 80 % probability"),
        Column("cut_share", "DOUBLE", "Share of tie strength between clusters", unit="share"),
        Column("evidence", "VARCHAR", "randomised or observational", False),
        Column(
            "is_headline",
            "BOOLEAN",
            "Whether this estimator speaks for the estimand: chosen by draw and ties alone",
            False,
        ),
        Column("is_final", "BOOLEAN", "Whether the campaign is over", False),
        Column("label", "VARCHAR", "What the figure may be read as, in English", False),
        Column("label_zh", "VARCHAR", "What the figure may be read as, in Chinese", False),
        as_of_date_column(),
    ),
    history="snapshot",
)

UPLIFT_FORECASTS = Table(
    schema="evaluation",
    name="uplift_forecasts",
    grain="One row per customer of a closed campaign drawn at random, as an unseen one is forecast",
    key=("campaign_id", "customer_id"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign", False),
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("outcome", "VARCHAR", "Outcome that is forecast", False),
        Column("fold", "INTEGER", "Part of the customers that was left out together", False),
        Column("forecast_control", "DOUBLE", "Outcome expected without treatment", False),
        Column("forecast_treated", "DOUBLE", "Outcome expected with treatment", False),
        Column("cate", "DOUBLE", "Difference that treatment makes, by the learner chosen", False),
        as_of_date_column(),
    ),
)

UPLIFT_CURVES = Table(
    schema="evaluation",
    name="uplift_curves",
    grain="One row per campaign (and all together), learner and decile of the uplift forecast",
    key=("campaign_id", "learner", "decile"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign, or all", False),
        Column("outcome", "VARCHAR", "Outcome, less what came along ties", False),
        Column("learner", "VARCHAR", "x_learner, t_learner or constant (the baseline)", False),
        Column("decile", "INTEGER", "1 for the highest forecasts", False),
        Column("n", "BIGINT", "Customers", False, "customers"),
        Column("observed_uplift", "DOUBLE", "Mean of the treated less that of the others", False),
        Column("se", "DOUBLE", "Its standard error, customers taken as independent", False),
        Column("gain", "DOUBLE", "What treating up to this decile adds per customer of all", False),
        Column("qini", "DOUBLE", "gain less what treating as many at random adds", False),
        Column("qini_coefficient", "DOUBLE", "Mean of qini over the curve", False),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval, over clusters", False),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval, over clusters", False),
        Column("is_chosen", "BOOLEAN", "Whether ml.uplift is by this learner", False),
        as_of_date_column(),
    ),
)

POLICY_VALUES = Table(
    schema="evaluation",
    name="policy_values",
    grain="One row per log of decisions, policy and estimator: what it would have brought",
    key=("campaign_id", "policy_version", "estimator"),
    columns=(
        Column(
            "campaign_id",
            "VARCHAR",
            "Randomised campaign whose log it is judged on, or plans: all plans of ours that left "
            "for real, by the probabilities they kept",
            False,
        ),
        Column(
            "outcome",
            "VARCHAR",
            "Outcome that is counted; ordered_14d: an order within 14 days of the plan",
            False,
        ),
        Column(
            "policy_version",
            "VARCHAR",
            "logging, treat_all, treat_none, random_half, uplift_half, or plan:<version>",
            False,
        ),
        Column("estimator", "VARCHAR", "ips, snips or dr", False),
        Column("value", "DOUBLE", "Mean outcome per customer under the policy", False),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval", False),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval", False),
        Column("ess", "DOUBLE", "Decisions left after weighting", False, "decisions"),
        Column("share_treated", "DOUBLE", "Share of customers the policy treats", False, "share"),
        Column("observed_mean", "DOUBLE", "Mean outcome as it was", False),
        Column(
            "n_units",
            "BIGINT",
            "Decisions in the log: customers of a campaign, or customers of each plan",
            False,
            "decisions",
        ),
        as_of_date_column(),
    ),
)

TABLES = (
    ASSIGNMENTS,
    DESIGNS,
    CAMPAIGNS,
    CAMPAIGN_RESPONSE,
    SEGMENT_STABILITY,
    STRATEGY_RESULTS,
    EXPOSURES,
    UPLIFT_FORECASTS,
    UPLIFT_CURVES,
    POLICY_VALUES,
)
