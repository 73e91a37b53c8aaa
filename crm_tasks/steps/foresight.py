"""The steps that look ahead in the graph: how far activity spreads, and which ties may come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.graph.customer_ties import customer_network, customer_ties
from crm_tasks.graph.engine.network import sorted_ids
from crm_tasks.graph.influence.costs import cost_of_contact
from crm_tasks.graph.influence.foresee import foresee_influence
from crm_tasks.graph.influence.params import InfluenceParams
from crm_tasks.graph.links.dated import DatedLayers
from crm_tasks.graph.links.foresee import foresee_links
from crm_tasks.graph.links.params import LinkParams
from crm_tasks.graph.links.tastes import Tastes
from crm_tasks.graph.params import PURCHASE, GraphParams

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.steps.run import Run

TIES = ("src_id", "dst_id", "edge_type", "edge_key", "is_directed", "strength", "first_evidence_at")
EDGES = ("graph.edges", (*TIES, "valid_to"))
INFLUENCE_READS = {
    "customers": ("core.dim_customers", ("customer_id", "is_erased")),
    "channels": ("core.dim_channels", ("channel", "unit_cost")),
    "consents": ("core.dim_customer_consents", ("customer_id", "channel", "is_granted")),
    "campaigns": (
        "core.dim_campaigns",
        ("campaign_id", "start_date", "end_date", "is_randomized"),
    ),
    "contacts": (
        "core.fct_contacts",
        ("campaign_id", "customer_id", "sent_at", "converted_at"),
    ),
    "outcomes": (
        "core.fct_outcomes",
        ("campaign_id", "customer_id", "outcome_name", "outcome_value"),
    ),
    "edges": EDGES,
}
LINK_READS = {
    "customers": ("core.dim_customers", ("customer_id",)),
    "products": ("core.dim_products", ("product_id", "category_l2")),
    "edges": EDGES,
    "evidence": ("graph.edge_evidence", ("edge_key", "occurred_at", "contribution")),
}


def build_influence(run: Run) -> StepReport:
    """Write activation probabilities, seeds with their baselines, curves, customers' influence."""
    frames = {name: run.read(table, columns) for name, (table, columns) in INFLUENCE_READS.items()}
    contact = run.profile.contact
    with run.scratch(**frames) as scratch:
        costs = cost_of_contact(
            scratch, contact.channels, assumes_consent=contact.consent_when_unknown == "assume"
        )
        ties = customer_ties(frames["edges"], costs.column("customer_id"))
        zone = run.profile.time_zone
        tables = foresee_influence(scratch, ties, costs, run.as_of, zone, InfluenceParams())
    learned = tables["activation_probabilities"].column("source").to_pylist().count("learned")
    return _written(run, frames, tables, f"{learned} activation probabilities learned from logs")


def build_links(run: Run) -> StepReport:
    """Write predicted ties, similar customers, and the judgement of both."""
    frames = {name: run.read(table, columns) for name, (table, columns) in LINK_READS.items()}
    customers, edges = frames["customers"].column("customer_id"), frames["edges"]
    ties = customer_ties(edges, customers)
    today = {name: customer_network(customers, rows) for name, rows in ties.items()}
    with run.scratch(**frames) as scratch:
        dated = DatedLayers(scratch, customers, run.profile.time_zone, GraphParams())
        bought = edges.filter(pc.equal(edges.column("edge_type"), PURCHASE))
        tastes = Tastes.from_ties(sorted_ids(customers), bought, frames["products"])
        tables = foresee_links(today, dated, tastes, run.as_of, LinkParams())
    verdicts = tables["link_prediction_judgements"]
    return _written(run, frames, tables, f"{verdicts.num_rows} judgements out of time")


def _written(
    run: Run, frames: dict[str, pa.Table], tables: dict[str, pa.Table], message: str
) -> StepReport:
    written = {name: run.write(f"graph.{name}", rows) for name, rows in tables.items()}
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=sum(written.values()),
        message=message,
        figures=written,
    )
