"""Contracts of the ml tables: segments and who is in them, and which model beats its baseline."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

SEGMENT_DEFINITIONS = Table(
    schema="ml",
    name="segment_definitions",
    grain="One row per segment",
    key=("segment_id",),
    columns=(
        Column("segment_id", "VARCHAR", "segmentation:name", False),
        Column(
            "segmentation",
            "VARCHAR",
            "rfm, interest, loyalty, lifecycle, community or rule",
            False,
        ),
        Column("segment_name", "VARCHAR", "Name; of interests the telling categories", False),
        Column("segment_name_zh", "VARCHAR", "Name in Chinese", False),
        Column("definition", "VARCHAR", "Who belongs to it, in words", False),
        Column("definition_zh", "VARCHAR", "Who belongs to it, in Chinese", False),
        Column("model_version", "VARCHAR", "Version of the rule or model that assigns it", False),
        as_of_date_column(),
    ),
)

SEGMENTS = Table(
    schema="ml",
    name="segments",
    grain="One row per customer, segmentation and as-of date",
    key=("customer_id", "segmentation", "as_of_date"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("segmentation", "VARCHAR", "Which way of segmenting", False),
        Column("segment_id", "VARCHAR", "Segment in ml.segment_definitions", False),
        Column("distance_to_center", "DOUBLE", "Distance to the centre; NULL for rules"),
        Column("membership_probability", "DOUBLE", "1 for rules", unit="share"),
        Column("assigned_at", "TIMESTAMP", "Start of the as-of date the customer came in", False),
        as_of_date_column(),
    ),
    history="snapshot",
)

SEGMENT_PROFILES = Table(
    schema="ml",
    name="segment_profiles",
    grain="One row per segment, feature and as-of date",
    key=("segment_id", "feature", "as_of_date"),
    columns=(
        Column("segment_id", "VARCHAR", "Segment", False),
        Column("n_customers", "BIGINT", "Customers in it", False, "customers"),
        Column("revenue_share", "DOUBLE", "Share of all net revenue", unit="share"),
        Column(
            "feature",
            "VARCHAR",
            "Feature profiled; of interests also share_of_lines:<category>",
            False,
        ),
        Column("mean", "DOUBLE", "Mean over its customers that have the feature"),
        Column("z_vs_all", "DOUBLE", "(mean - mean of all) / standard deviation of all"),
        Column("top_terms", "VARCHAR", "Features that set it apart most, with their direction"),
        as_of_date_column(),
    ),
    history="snapshot",
)

TARGET = Column("target", "VARCHAR", "What is predicted or chosen: churn:90d, link:<layer>", False)
MODEL_VERSION = Column("model_version", "VARCHAR", "Model in ml.models", False)

MODEL_COMPARISONS = Table(
    schema="ml",
    name="model_comparisons",
    grain="One row per target, candidate, baseline and metric: whether the candidate beats it",
    key=("target", "candidate", "baseline", "metric"),
    columns=(
        TARGET,
        Column("candidate", "VARCHAR", "The method judged", False),
        Column("baseline", "VARCHAR", "The simple method it must beat", False),
        Column("metric", "VARCHAR", "How they are compared, out of time", False),
        Column("candidate_value", "DOUBLE", "Metric of the candidate"),
        Column("baseline_value", "DOUBLE", "Metric of the baseline"),
        Column("diff", "DOUBLE", "By how much the candidate is better; below 0 it is worse"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval"),
        Column("n", "BIGINT", "Cases it was judged by"),
        Column(
            "verdict",
            "VARCHAR",
            "better, not_better_than_baseline, worse or not_judged: the whole interval decides",
            False,
        ),
        Column(
            "is_champion",
            "BOOLEAN",
            "Whether it answers; if none of a target does, the baseline answers",
        ),
        Column("reason", "VARCHAR", "Why it was not judged, or what else one must know"),
        Column("judged_as_of", "DATE", "As-of date of the run that judged"),
        as_of_date_column(),
    ),
)

MODELS = Table(
    schema="ml",
    name="models",
    grain="One row per model of the run: those that answer and those that were judged beside them",
    key=("model_version",),
    columns=(
        MODEL_VERSION,
        TARGET,
        Column("family", "VARCHAR", "Method, as candidate in ml.model_comparisons", False),
        Column("status", "VARCHAR", "champion, challenger or retired", False),
        Column("hyperparameters", "VARCHAR", "As JSON", False),
        Column("features", "VARCHAR", "Names of its features in their order, as JSON", False),
        Column("feature_set_version", "VARCHAR", "Digest of what the features are", False),
        Column("horizon_days", "INTEGER", "How far ahead it looks", unit="days"),
        Column("train_from", "DATE", "First origin it learned from"),
        Column("train_to", "DATE", "Last origin it learned from"),
        Column("label_window", "VARCHAR", "What is counted as the answer, and when"),
        Column("n_train", "BIGINT", "Cases it learned from", unit="cases"),
        Column("n_population", "BIGINT", "Cases there were; more than n_train: a hash-sample"),
        Column("code_sha", "VARCHAR", "Digest of the files of its package in crm_tasks.ml", False),
        Column("data_hash", "VARCHAR", "Digest of the rows it learned from", False),
        Column("parameters_sha256", "VARCHAR", "Digest of its ordered arrays and settings", False),
        Column("trained_as_of", "DATE", "As-of date of the run that trained it", False),
        Column("picture", "VARCHAR", "Figure below the run's report folder"),
        as_of_date_column(),
    ),
)

MODEL_METRICS = Table(
    schema="ml",
    name="model_metrics",
    grain="One row per model, split and metric",
    key=("model_version", "split", "metric"),
    columns=(
        MODEL_VERSION,
        TARGET,
        Column(
            "split",
            "VARCHAR",
            "out_of_time, backtest:<origin>; of texts held_out:time, held_out:folds or out_of_fold",
            False,
        ),
        Column(
            "metric", "VARCHAR", "roc_auc, log_loss, brier, ece, mae, hit_rate_3, mase, ...", False
        ),
        Column("value", "DOUBLE", "Its value"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % bootstrap interval"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % bootstrap interval"),
        Column("n", "BIGINT", "Cases it was measured on"),
        as_of_date_column(),
    ),
)

RELIABILITY_BINS = Table(
    schema="ml",
    name="reliability_bins",
    grain="One row per model and tenth of its out-of-time probabilities",
    key=("model_version", "bin"),
    columns=(
        MODEL_VERSION,
        TARGET,
        Column("bin", "INTEGER", "1 the lowest probabilities, 10 the highest", False),
        Column("n", "BIGINT", "Cases in it", False, "cases"),
        Column("mean_probability", "DOUBLE", "What was predicted on average", False, "share"),
        Column("observed_share", "DOUBLE", "What came true", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % Wilson interval", False, "share"),
        as_of_date_column(),
    ),
)

PREDICTIONS = Table(
    schema="ml",
    name="predictions",
    grain="One row per customer, target and horizon",
    key=("customer_id", "target", "horizon_days"),
    columns=(
        Column("prediction_id", "VARCHAR", "customer_id:target:horizon_days", False),
        Column("customer_id", "VARCHAR", "Customer", False),
        Column(
            "target",
            "VARCHAR",
            "churn, buy, buys_within, next_category, next_price, next_purchase_date, need, anomaly",
            False,
        ),
        Column("horizon_days", "INTEGER", "How far ahead; 0 for the next event", False, "days"),
        Column(
            "value",
            "DOUBLE",
            "What is expected: probability, amount, days from the as-of date; of anomaly the score",
        ),
        Column("value_label", "VARCHAR", "In words or as ISO date; unusual: a flagged anomaly"),
        Column("probability", "DOUBLE", "Calibrated probability", unit="share"),
        Column("log_odds", "DOUBLE", "Its log odds: what the reasons add up to"),
        Column("p10", "DOUBLE", "Below this with 10 %"),
        Column("p90", "DOUBLE", "Below this with 90 %"),
        MODEL_VERSION,
        as_of_date_column(),
    ),
)

PREDICTION_REASONS = Table(
    schema="ml",
    name="prediction_reasons",
    grain="One row per prediction and reason; they add up to log_odds, those of anomaly to value",
    key=("prediction_id", "rank"),
    columns=(
        Column("prediction_id", "VARCHAR", "Prediction in ml.predictions", False),
        Column(
            "rank",
            "INTEGER",
            "0 where all start, then the strongest, the season, last all else",
            False,
        ),
        Column("feature", "VARCHAR", "Feature, season, starting_point or all_else", False),
        Column("feature_value", "DOUBLE", "Its value; NULL where not known"),
        Column("contribution", "DOUBLE", "Its part of log_odds, or of value", False),
        Column("text_en", "VARCHAR", "In words, in English", False),
        Column("text_zh", "VARCHAR", "In words, in Chinese", False),
        as_of_date_column(),
    ),
)

DRIVERS = Table(
    schema="ml",
    name="drivers",
    grain="One row per target and feature: how both go together, all other features alike",
    key=("target", "feature"),
    columns=(
        TARGET,
        Column("feature", "VARCHAR", "Feature, standardised among cases it is known of", False),
        Column(
            "coefficient",
            "DOUBLE",
            "Change of the log odds per standard deviation: of what lasts of a share or rate, "
            "else of the log",
            False,
        ),
        Column("odds_ratio", "DOUBLE", "exp(coefficient)", False),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % interval of the odds ratio", False),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % interval of the odds ratio", False),
        Column("importance", "DOUBLE", "Share of the sum of absolute coefficients", False, "share"),
        Column("direction", "VARCHAR", "raises, lowers, or unclear: the interval holds 1", False),
        Column(
            "reliability",
            "DOUBLE",
            "Of a share or rate: mean weight of a case's own figure against the mean of all; NULL "
            "for other features",
            True,
            "share",
        ),
        Column("is_causal", "BOOLEAN", "Never from observation alone", False),
        Column("label", "VARCHAR", "What it may be read as: association", False),
        Column("n", "BIGINT", "Cases the feature is known of", False, "cases"),
        as_of_date_column(),
    ),
)

TABLES = (
    SEGMENT_DEFINITIONS,
    SEGMENTS,
    SEGMENT_PROFILES,
    MODEL_COMPARISONS,
    MODELS,
    MODEL_METRICS,
    RELIABILITY_BINS,
    PREDICTIONS,
    PREDICTION_REASONS,
    DRIVERS,
)
