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
        Column("segment_name", "VARCHAR", "Name, as features.feat_customer_rfm writes it", False),
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
        Column("assigned_at", "TIMESTAMP", "Start of the as-of date", False),
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
        Column("feature", "VARCHAR", "Feature profiled", False),
        Column("mean", "DOUBLE", "Mean over its customers that have the feature"),
        Column("z_vs_all", "DOUBLE", "(mean - mean of all) / standard deviation of all"),
        Column("top_terms", "VARCHAR", "Features that set it apart most, with their direction"),
        as_of_date_column(),
    ),
    history="snapshot",
)

MODEL_COMPARISONS = Table(
    schema="ml",
    name="model_comparisons",
    grain="One row per target, candidate, baseline and metric: whether the candidate beats it",
    key=("target", "candidate", "baseline", "metric"),
    columns=(
        Column("target", "VARCHAR", "What is predicted or chosen: link:<layer>, spread:...", False),
        Column("candidate", "VARCHAR", "The method judged", False),
        Column("baseline", "VARCHAR", "The simple method it must beat", False),
        Column("metric", "VARCHAR", "How they are compared; larger is better", False),
        Column("diff", "DOUBLE", "Metric of the candidate less that of the baseline"),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval"),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval"),
        Column(
            "verdict",
            "VARCHAR",
            "better, not_better_than_baseline, worse or not_judged: the whole interval decides",
            False,
        ),
        as_of_date_column(),
    ),
)

UPLIFT = Table(
    schema="ml",
    name="uplift",
    grain="One row per customer and action that was drawn at random before",
    key=("customer_id", "action_id"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("action_id", "VARCHAR", "Campaign the effect was learned from, or any", False),
        Column("channel", "VARCHAR", "Channel of that campaign; NULL for any"),
        Column("content_type", "VARCHAR", "What it said; NULL for any"),
        Column("outcome", "VARCHAR", "Outcome that changes", False),
        Column("cate", "DOUBLE", "Expected change by being treated oneself", False),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval over refits", False),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval over refits", False),
        Column("forecast_control", "DOUBLE", "Outcome expected without treatment", False),
        Column(
            "uplift_class",
            "VARCHAR",
            "persuadable, sure_thing, lost_cause or sleeping_dog; only an interval without 0 moves",
            False,
        ),
        Column("model_version", "VARCHAR", "Learner and digest of its coefficients", False),
        as_of_date_column(),
    ),
)

TABLES = (UPLIFT, SEGMENT_DEFINITIONS, SEGMENTS, SEGMENT_PROFILES, MODEL_COMPARISONS)
