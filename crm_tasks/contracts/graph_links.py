"""Contracts of ties to come and of customers alike, with the judgement of the model behind them."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

SCORES = (
    "model, or one score alone: common_neighbours (the baseline), adamic_adar, "
    "resource_allocation, path_strength, three_hop_paths, preferential_attachment, embedding"
)

LINK_PREDICTIONS = Table(
    schema="graph",
    name="link_predictions",
    grain="One row per pair of customers that may become tied and edge type; src_id < dst_id",
    key=("src_id", "dst_id", "edge_type"),
    columns=(
        Column("src_id", "VARCHAR", "One customer", False),
        Column("dst_id", "VARCHAR", "The other", False),
        Column("edge_type", "VARCHAR", "Layer the tie would belong to", False),
        Column(
            "probability", "DOUBLE", "Probability of a tie first known within the horizon", False,
            "share",
        ),
        Column("horizon_days", "INTEGER", "Days from the as-of date", False, "days"),
        Column("n_shared_neighbours", "INTEGER", "Customers tied to both", False, "customers"),
        Column("shared_categories", "VARCHAR", "Categories both buy more of than others do"),
        Column("reasons", "VARCHAR", "What speaks for it, in English", False),
        Column("reasons_zh", "VARCHAR", "What speaks for it, in Chinese", False),
        as_of_date_column(),
    ),
)  # fmt: skip

SIMILAR_CUSTOMERS = Table(
    schema="graph",
    name="similar_customers",
    grain="One row per customer and each of the most similar others",
    key=("customer_id", "rank"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("rank", "INTEGER", "From 1, the most similar", False),
        Column("similar_customer_id", "VARCHAR", "The similar customer", False),
        Column(
            "similarity", "DOUBLE", "Cosine in the spectral embedding of purchase_similarity", False
        ),
        Column("is_tied", "BOOLEAN", "Whether purchase_similarity ties them already", False),
        Column("n_shared_neighbours", "INTEGER", "Customers tied to both", False, "customers"),
        Column("shared_categories", "VARCHAR", "Categories both buy more of than others do"),
        as_of_date_column(),
    ),
)

LINK_PREDICTION_JUDGEMENTS = Table(
    schema="graph",
    name="link_prediction_judgements",
    grain="One row per layer, hardness of the pairs and score judged out of time",
    key=("layer", "hardness", "score"),
    columns=(
        Column("layer", "VARCHAR", "Edge type", False),
        Column(
            "hardness",
            "VARCHAR",
            "two_hops: new ties among pairs with a common neighbour; random: among random pairs",
            False,
        ),
        Column("score", "VARCHAR", SCORES, False),
        Column("auc", "DOUBLE", "Area under the ROC curve; NULL where not judged", unit="share"),
        Column("auc_ci_low", "DOUBLE", "Lower end of its 95 % interval over customers"),
        Column("auc_ci_high", "DOUBLE", "Upper end of its 95 % interval over customers"),
        Column("lead", "DOUBLE", "auc - auc of common_neighbours on the same pairs"),
        Column("lead_ci_low", "DOUBLE", "Lower end of its 95 % interval over customers"),
        Column("lead_ci_high", "DOUBLE", "Upper end of its 95 % interval over customers"),
        Column(
            "verdict",
            "VARCHAR",
            "better, not_better_than_baseline, worse, baseline or not_judged",
            False,
        ),
        Column("n_pairs", "BIGINT", "Pairs judged, in both directions", False, "pairs"),
        Column("n_new_ties", "BIGINT", "Of these, tied within the period", False, "pairs"),
        Column("share_in_reach", "DOUBLE", "New ties that lay within two hops", unit="share"),
        Column("mean_probability", "DOUBLE", "Mean of the model's probabilities", unit="share"),
        Column("share_of_new_ties", "DOUBLE", "Share of the pairs that became ties", unit="share"),
        Column("calibration_error", "DOUBLE", "Expected calibration error over tenths"),
        Column("learned_from", "DATE", "Start of the period it learned from", False),
        Column("learned_to", "DATE", "End of it; ties of that day are not in", False),
        Column("judged_from", "DATE", "Start of the period that judges", False),
        Column("judged_to", "DATE", "End of it; ties of that day are not in", False),
        Column("reason", "VARCHAR", "Why it was not judged, where it was not"),
        as_of_date_column(),
    ),
)

TABLES = (LINK_PREDICTIONS, SIMILAR_CUSTOMERS, LINK_PREDICTION_JUDGEMENTS)
