"""The step that relates customers, organizations and products: core facts in, graph out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts.frames import StepReport
from crm_tasks.graph.params import GraphParams
from crm_tasks.graph.relationships import relate

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

READS = {
    "customers": (
        "core.dim_customers",
        ("customer_id", "customer_type", "first_seen_at", "identity_confidence"),
    ),
    "organizations": ("core.dim_organizations", ("organization_id", "name")),
    "products": ("core.dim_products", ("product_id", "name", "category_l2")),
    "order_items": (
        "core.fct_order_items",
        ("order_item_id", "customer_id", "product_id", "ordered_at", "quantity", "net_amount"),
    ),
    "stated_ties": (
        "core.fct_ties",
        (
            "tie_id",
            "src_id",
            "dst_id",
            "tie_type",
            "stated_strength",
            "stated_strength_share",
            "is_with_self",
            "is_unknown_src",
            "is_unknown_dst",
            "is_current",
            "ends_on",
            "valid_from",
        ),
    ),
    "interactions": (
        "core.fct_social_interactions",
        (
            "interaction_id",
            "interaction_type",
            "actor_customer_id",
            "target_customer_id",
            "occurred_at",
        ),
    ),
}


def build_relationships(run: Run) -> StepReport:
    """Write the schema graph: nodes, ties with evidence, measures, communities."""
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    previous = run.read_predecessor("graph.community_members")
    with run.scratch(**frames) as scratch:
        tables = relate(scratch, previous, run.as_of, GraphParams())
    written = {name: run.write(f"graph.{name}", rows) for name, rows in tables.items()}
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=sum(written.values()),
        message=f"{written['edges']:,} ties from {written['edge_evidence']:,} facts",
        figures={"communities": written["communities"], "nodes": written["nodes"]},
    )
