"""Contracts of the evaluation tables: what followed past contacts, and how sure one can be."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

CAMPAIGN_RESPONSE = Table(
    schema="evaluation",
    name="campaign_response",
    grain="One row per campaign that has contacts and as-of date",
    key=("campaign_id", "as_of_date"),
    columns=(
        Column("campaign_id", "VARCHAR", "Campaign in core.dim_campaigns", False),
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

TABLES = (CAMPAIGN_RESPONSE, SEGMENT_STABILITY)
