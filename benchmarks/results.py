"""What the served warehouse and the newcomer's files say, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.compare import (
    Comparison,
    compare_counts,
    compare_ties,
    compare_values,
    not_comparable,
)
from crm_tasks.warehouse.query import query_served

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from crm_tasks.warehouse.home import Home

SOURCE_SYSTEM = "completejourney"
RFM = (
    "recency_days", "frequency", "monetary_value", "net_revenue_total", "customer_age_days",
    "r_score", "f_score", "m_score",
)  # fmt: skip
ROUNDED_TO = {"monetary_value": 0.01}
NODE_MEASURES = ("pagerank", "betweenness", "closeness", "harmonic")

COUNTS = """
select
    (select count(*) from core.fct_order_items) as "order lines",
    (select count(*) from core.fct_orders) as orders,
    (select count(distinct customer_id) from core.fct_orders) as customers,
    (select sum(net_amount) from core.fct_order_items) as "net sales",
    (select count(*) from core.fct_order_items where is_unknown_product)
        as "lines of unknown products",
    (select count(*) from core.fct_order_items where is_zero_quantity)
        as "lines of zero quantity",
    (select count(*) from core.fct_order_items where is_countable)
        as "lines whose quantity counts items",
    (select count(*) from core.dim_coupon_products) as "coupon rows without duplicates"
"""
PRODUCT_TIES = """
select
    records.source_record_id as household_id,
    products.product_source_id as product_id,
    edges.strength,
    edges.n_evidence
from graph.edges
inner join identity.records on edges.src_id = records.customer_id
inner join core.dim_products as products on edges.dst_id = products.product_id
where edges.edge_type = 'purchase'
"""
CUSTOMER_TIES = """
select
    least(cast(a.source_record_id as bigint), cast(b.source_record_id as bigint)) as src_id,
    greatest(cast(a.source_record_id as bigint), cast(b.source_record_id as bigint)) as dst_id,
    edges.strength
from graph.edges
inner join identity.records as a on edges.src_id = a.customer_id
inner join identity.records as b on edges.dst_id = b.customer_id
where edges.edge_type = 'purchase_similarity'
"""


def compare_results(home: Home, folder: Path) -> list[Comparison]:
    """Return every comparison of a home's served file with the newcomer's folder."""
    newcomer = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    return [
        *compare_counts(*_counts(home, newcomer)),
        *named("customers: ", _compare_rfm(home, newcomer["rfm"])),
        *named("purchase ties: ", _compare_purchase_ties(home, newcomer["purchase"])),
        compare_ties("similarity ties", _frame(home, CUSTOMER_TIES), newcomer["similar"]),
        *named("similarity network: ", _compare_nodes(home, newcomer["nodes"])),
        *not_comparable(),
    ]


def named(prefix: str, compared: Iterable[Comparison]) -> list[Comparison]:
    """Return the comparisons with a prefix before their names."""
    return [replace(one, name=prefix + one.name) for one in compared]


def _counts(
    home: Home, newcomer: dict[str, pd.DataFrame]
) -> tuple[dict[str, object], dict[str, object]]:
    found = query_served(home, COUNTS).to_pylist()[0]
    guanxi = {name: f"{value:,}" for name, value in found.items()}
    lines, orders = newcomer["lines"], newcomer["orders"]
    counted = {
        "order lines": len(lines),
        "orders": len(orders),
        "customers": orders["household_id"].nunique(),
        "net sales": round(float(lines["sales_value"].sum()), 2),
        "lines of unknown products": int(lines["is_unknown_product"].sum()),
        "lines of zero quantity": int(lines["is_zero_quantity"].sum()),
        "lines whose quantity counts items": int(lines["is_countable"].sum()),
        "coupon rows without duplicates": len(newcomer["coupons"]),
    }
    return guanxi, {name: f"{value:,}" for name, value in counted.items()}


def _compare_rfm(home: Home, newcomer: pd.DataFrame) -> list[Comparison]:
    columns = ", ".join(f"rfm.{name}" for name in RFM)
    guanxi = _frame(
        home,
        f"select cast(records.source_record_id as bigint) as household_id, {columns} "  # noqa: S608
        "from features.feat_customer_rfm as rfm inner join identity.records using (customer_id) "
        "where rfm.frequency is not null",
    )
    return [
        compare_values(guanxi, newcomer, ["household_id"], name, ROUNDED_TO.get(name, 0.0))
        for name in RFM
    ]


def _compare_purchase_ties(home: Home, newcomer: pd.DataFrame) -> list[Comparison]:
    guanxi = _frame(home, PRODUCT_TIES).astype({"household_id": "int64", "product_id": "int64"})
    keys = ["household_id", "product_id"]
    return [
        compare_values(guanxi, newcomer, keys, "strength"),
        compare_values(guanxi, newcomer, keys, "n_evidence"),
    ]


def _compare_nodes(home: Home, newcomer: pd.DataFrame) -> list[Comparison]:
    guanxi = _frame(
        home,
        "select cast(records.source_record_id as bigint) as household_id, metrics.* "
        "from graph.node_metrics as metrics "
        "inner join identity.records on metrics.node_id = records.customer_id "
        "where metrics.layer = 'purchase_similarity'",
    )
    return [
        compare_values(guanxi, newcomer, ["household_id"], name)
        for name in NODE_MEASURES
        if name in newcomer.columns
    ]


def _frame(home: Home, sql: str) -> pd.DataFrame:
    return query_served(home, sql).to_pandas()
