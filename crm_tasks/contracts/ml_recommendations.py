"""Contract of the recommendations: what a customer may buy again, and what may be new to him."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

RECOMMENDATIONS = Table(
    schema="ml",
    name="recommendations",
    grain="One row per customer, list and rank",
    key=("customer_id", "list_name", "rank"),
    columns=(
        Column("customer_id", "VARCHAR", "Customer", False),
        Column("list_name", "VARCHAR", "buy_again or discover", False),
        Column("rank", "INTEGER", "1 is shown first", False),
        Column("product_id", "VARCHAR", "Product in core.dim_products", False),
        Column("product_label", "VARCHAR", "What it is called", False),
        Column("score", "DOUBLE", "Larger is shown earlier; comparable within a list only", False),
        Column("source", "VARCHAR", "Method, as judged in ml.model_comparisons", False),
        Column("reason", "VARCHAR", "Why, in English", False),
        Column("reason_zh", "VARCHAR", "Why, in Chinese", False),
        as_of_date_column(),
    ),
)

TABLES = (RECOMMENDATIONS,)
