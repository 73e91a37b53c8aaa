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

TABLES = (CAMPAIGN_RESPONSE,)
