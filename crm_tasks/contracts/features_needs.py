"""Contracts of what customers need; the only features that Python writes (crm_tasks/text/needs)."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

NEED_DISTRIBUTION = Table(
    schema="features",
    name="need_distribution",
    grain="One row per segment (or all) and need of the customers who wrote in the last 365 days",
    key=("segment_id", "need", "as_of_date"),
    columns=(
        Column("segment_id", "VARCHAR", "Segment in ml.segment_definitions, or all", False),
        Column("need", "VARCHAR", "What they need", False),
        Column("window_days", "INTEGER", "Days looked back", False, "days"),
        Column("n_with_need", "BIGINT", "Customers who needed it", False, "customers"),
        Column("n_customers", "BIGINT", "Customers who wrote", False, "customers"),
        Column("n_messages", "BIGINT", "Messages with the need", False, "messages"),
        Column("share", "DOUBLE", "n_with_need / n_customers", False, "share"),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % Wilson interval", False, "share"),
        as_of_date_column(),
    ),
    history="snapshot",
)

NEED_TREND = Table(
    schema="features",
    name="need_trend",
    grain="One row per need and whole month, at most 24 months back",
    key=("need", "month_start", "as_of_date"),
    columns=(
        Column("need", "VARCHAR", "What they need", False),
        Column("month_start", "DATE", "First day of the month", False),
        Column("n_messages", "BIGINT", "Messages with the need", False, "messages"),
        Column("n_all", "BIGINT", "Messages of customers", False, "messages"),
        Column("share", "DOUBLE", "n_messages / n_all; NULL without messages", unit="share"),
        Column("ci_low", "DOUBLE", "Lower end of the 95 % Wilson interval", False, "share"),
        Column("ci_high", "DOUBLE", "Upper end of the 95 % Wilson interval", False, "share"),
        Column("trend_per_month", "DOUBLE", "Change of the log odds per month; of the need"),
        Column("trend_ci_low", "DOUBLE", "Lower end of its 95 % interval"),
        Column("trend_ci_high", "DOUBLE", "Upper end of its 95 % interval"),
        Column("q_value", "DOUBLE", "Of the trend, over all needs"),
        as_of_date_column(),
    ),
    history="snapshot",
)

NEED_CORRELATION = Table(
    schema="features",
    name="need_correlation",
    grain="One row per need and feature of the customers who wrote in the last 365 days",
    key=("need", "feature", "as_of_date"),
    columns=(
        Column("need", "VARCHAR", "What they need", False),
        Column("feature", "VARCHAR", "Column of features.feat_customers_wide", False),
        Column("n", "BIGINT", "Customers with the feature", False, "customers"),
        Column("correlation", "DOUBLE", "Spearman's; an association, not a cause", False),
        Column("ci_low", "DOUBLE", "Lower end of its 95 % interval", False),
        Column("ci_high", "DOUBLE", "Upper end of its 95 % interval", False),
        Column("q_value", "DOUBLE", "Over all needs and features looked at", False),
        as_of_date_column(),
    ),
    history="snapshot",
)

TABLES = (NEED_DISTRIBUTION, NEED_TREND, NEED_CORRELATION)
