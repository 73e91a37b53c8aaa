"""The steps that look back: what campaigns did, and what that teaches about the next."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.contracts.frames import StepReport
from crm_tasks.evaluation.response import measure_response
from crm_tasks.graph.params import COMBINED, PURCHASE_SIMILARITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.evaluation.campaigns import Campaign
    from crm_tasks.evaluation.tie_log import TieLog
    from crm_tasks.steps.run import Run

RESPONSE_READS = {
    "customers": ("core.dim_customers", ("customer_id",)),
    "contacts": ("core.fct_contacts", ("campaign_id", "customer_id", "converted_at")),
    "orders": ("core.fct_orders", ("customer_id", "ordered_at")),
}
DRAWN_COLUMNS = (
    "campaign_id", "customer_id", "arm", "cluster_id", "saturation", "assignment_propensity",
)  # fmt: skip
DRAWN_CAMPAIGNS = pa.schema({
    "campaign_id": pa.string(), "design": pa.string(), "start_date": pa.date32(),
    "end_date": pa.date32(),
})  # fmt: skip
#: Plans that were not to be sent are no campaigns.
KNOWN_CAMPAIGNS = """
select
    campaign_id, name, 'source' as origin, campaign_type, is_randomized, start_date, end_date,
    cast($as_of as date) as as_of_date
from told

union all

select campaign_id, name, 'plan', objective, false, start_date, end_date, cast($as_of as date)
from planned
where status = 'planned'

union all

select campaign_id, campaign_id, 'draw', design, true, start_date, end_date, cast($as_of as date)
from drawn
order by campaign_id
"""
PLAYED_READS = {
    "customers": ("core.dim_customers", ("customer_id", "first_order_at")),
    "contacts": ("core.fct_contacts", ("campaign_id", "customer_id")),
    "outcomes": (
        "core.fct_outcomes",
        ("campaign_id", "customer_id", "outcome_name", "outcome_value"),
    ),
    "orders": ("core.fct_orders", ("customer_id", "ordered_at", "net_amount")),
    "surveys": ("core.fct_surveys", ("customer_id", "survey_at", "csat")),
}
#: How far back plans are that today's is valued by, and what is read of them.
LOGGED = dt.timedelta(days=60)
SENT = ("as_of_date", "status")
CANDIDATES = (
    "customer_id", "as_of_date", "channel_id", "content_id", "is_eligible", "decision_propensity",
    "is_chosen",
)  # fmt: skip
UPLIFT = ("ml.uplift", "evaluation.uplift_forecasts", "evaluation.uplift_curves")
COMPARISONS = "ml.model_comparisons"
TIE_COLUMNS = ("src_id", "dst_id", "edge_type", "strength", "first_evidence_at", "valid_to")
BOUGHT_READS = {
    "lines": (
        "core.fct_order_items",
        ("order_id", "customer_id", "product_id", "ordered_at", "net_amount",
         "retail_discount_amount"),
    ),
    "products": ("core.dim_products", ("product_id", "category_l2")),
}  # fmt: skip
ITEMS = """
select
    lines.customer_id,
    lines.order_id,
    lines.ordered_at,
    products.category_l2 as category,
    lines.net_amount,
    coalesce(lines.retail_discount_amount, 0) as discount_amount
from lines
left join products on lines.product_id = products.product_id
where lines.customer_id is not null and lines.ordered_at is not null
"""


def measure_campaign_response(run: Run) -> StepReport:
    """Write evaluation.campaigns and campaign_response."""
    frames = {name: run.read(table, cols) for name, (table, cols) in RESPONSE_READS.items()}
    campaigns = known_campaigns(run)
    frames["campaigns"] = campaigns
    with run.scratch(**frames) as scratch:
        responses = measure_response(scratch, run.as_of, run.profile.time_zone)
    n_campaigns = run.write("evaluation.campaigns", campaigns)
    written = run.write("evaluation.campaign_response", responses)
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=n_campaigns + written,
        message=f"{written} campaigns with contacts, observational unless drawn at random",
    )


def learn_uplift(run: Run) -> StepReport:
    """Write ml.uplift, evaluation.uplift_forecasts and evaluation.uplift_curves."""
    frames = campaign_frames(run)
    learned: dict[str, pa.Table] = {}
    # Without a draw there is nothing to learn: neither order lines nor models are loaded.
    if pc.any(frames["campaigns"]["is_randomized"]).as_py():
        learned = _learned(run, frames)
    tables = {name: learned.get(name, _empty(name)) for name in UPLIFT}
    run.write_part(COMPARISONS, learned.get(COMPARISONS, _empty(COMPARISONS)))
    taught = len(pc.unique(tables["evaluation.uplift_forecasts"]["campaign_id"]))
    message = f"uplift learned from {taught} closed campaigns drawn at random"
    return _written(run, frames, tables, message)


def _learned(run: Run, frames: dict[str, pa.Table]) -> dict[str, pa.Table]:
    from crm_tasks.evaluation.learning import learn_uplift, teaching

    with run.scratch(**frames) as scratch:
        campaigns, ids, ties = played_campaigns(run, scratch, frames["customers"])
        if not teaching(campaigns)[1]:
            return {}
        for name, (table, columns) in BOUGHT_READS.items():
            scratch.register(name, run.read(table, columns))
        scratch.register("items", scratch.query(ITEMS))
        return learn_uplift(scratch, campaigns, ties, ids, _described(run), run.as_of)


def _empty(table: str) -> pa.Table:
    return find_table(table).arrow_schema.empty_table()


def judge_campaigns(run: Run) -> StepReport:
    """Write evaluation.strategy_results, exposures and policy_values."""
    from crm_tasks.evaluation.policies import value_policies
    from crm_tasks.evaluation.results import judge_campaigns, list_exposures

    frames = campaign_frames(run)
    with run.scratch(**frames) as scratch:
        campaigns, ids, ties = played_campaigns(run, scratch, frames["customers"])
    forecasts = run.read("evaluation.uplift_forecasts")
    actions = run.read("strategy.actions", ("customer_id", "policy_version"))
    valued = value_policies(campaigns, forecasts, actions, ids, run.as_of)
    tables = {
        "evaluation.strategy_results": judge_campaigns(campaigns, ties, run.as_of),
        "evaluation.exposures": list_exposures(campaigns, ties, ids, run.as_of),
        "evaluation.policy_values": pa.concat_tables([valued, _valued_plans(run, frames, actions)]),
    }
    drawn = sum(campaign.evidence == "randomised" for campaign in campaigns)
    message = f"{drawn} campaigns drawn at random judged, {len(campaigns) - drawn} observational"
    return _written(run, frames, tables, message)


def _valued_plans(run: Run, frames: dict[str, pa.Table], actions: pa.Table) -> pa.Table:
    """Return what today's plan would have brought, as earlier ones that left for real tell."""
    from crm_tasks.evaluation.policy_log import value_plans

    since = run.as_of - LOGGED
    past = [_empty("strategy.actions").select(SENT)]
    past += run.read_history("strategy.actions", SENT, since)
    dates = pa.concat_tables(past)
    carried_out = dates.filter(pc.equal(dates["status"], "planned")).group_by("as_of_date")
    if not actions.num_rows or not (days := carried_out.aggregate([])).num_rows:
        return _empty("evaluation.policy_values")
    logged = pa.concat_tables(run.read_history("strategy.candidates", CANDIDATES, since))
    logged = logged.append_column("decided_for", logged["customer_id"])
    known = frames["customers"]["customer_id"].combine_chunks()
    logged = _by_todays_names(run, logged, known)
    today = run.read("strategy.candidates", CANDIDATES)
    tables = {"logged": logged, "carried_out": days, "today": today, "orders": frames["orders"]}
    (version,) = pc.unique(actions["policy_version"]).to_pylist()
    with run.scratch(**tables) as scratch:
        return value_plans(scratch, version, run.profile.time_zone, run.as_of)


def campaign_frames(run: Run) -> dict[str, pa.Table]:
    """Return what campaigns are made of: what sources say, and what we planned and drew before."""
    frames = {name: run.read(table, columns) for name, (table, columns) in PLAYED_READS.items()}
    drawn = run.read("core.fct_assignments", DRAWN_COLUMNS)
    ours = _drawn_before(run, frames["customers"]["customer_id"].combine_chunks())
    frames["assignments"] = pa.concat_tables([drawn, ours.cast(drawn.schema)])
    frames["campaigns"] = known_campaigns(run)
    return frames


def _drawn_before(run: Run, known: pa.Array) -> pa.Table:
    """Return whom earlier runs drew, by the names customers have today."""
    drawn = _before(run, "evaluation.assignments").select(list(DRAWN_COLUMNS))
    if not drawn.num_rows:
        return drawn
    return _by_todays_names(run, drawn, known)


def _by_todays_names(run: Run, rows: pa.Table, known: pa.Array) -> pa.Table:
    """Return rows of earlier days by the names customers have today; without those who are gone."""
    from crm_tasks.identity.heirs import heirs
    from crm_tasks.steps.sent import all_events

    today = heirs(rows["customer_id"], known, all_events(run, run.read("identity.events")))
    renamed = rows.set_column(rows.column_names.index("customer_id"), "customer_id", today)
    return renamed.filter(pc.is_in(today, value_set=known))


def _before(run: Run, table: str) -> pa.Table:
    """Return all rows that earlier runs decided on."""
    return pa.concat_tables([_empty(table), *run.read_history(table)])


def known_campaigns(run: Run) -> pa.Table:
    """Return the rows of evaluation.campaigns: those of sources, and what we planned and drew."""
    drawn = [one for one in run.profile.experiments if one.design != "none"]
    frames = {
        "told": run.read("core.dim_campaigns"),
        "planned": _before(run, "strategy.campaigns"),
        "drawn": pa.Table.from_pylist(
            [
                {
                    "campaign_id": one.campaign, "design": one.design,
                    "start_date": one.start_date, "end_date": one.end_date,
                }
                for one in drawn
            ],
            schema=DRAWN_CAMPAIGNS,
        ),
    }  # fmt: skip
    with run.scratch(**frames) as scratch:
        return scratch.query(KNOWN_CAMPAIGNS, {"as_of": run.as_of})


def played_campaigns(
    run: Run, scratch: Scratch, customers: pa.Table
) -> tuple[Sequence[Campaign], pa.Array, TieLog]:
    """Return the campaigns, all customers' sorted ids, and their ties with their first days."""
    from crm_tasks.evaluation.campaigns import collect_campaigns
    from crm_tasks.graph.engine.network import sorted_ids

    ids = sorted_ids(customers["customer_id"])
    ties = ties_of(run, ids)
    scratch.register("communities", communities_of(run, ties.layer))
    fed = run.profile.entities_fed
    campaigns = collect_campaigns(
        scratch, run.as_of, run.profile.time_zone,
        has_orders=bool(fed & {"orders", "order_items"}), has_surveys="surveys" in fed,
    )  # fmt: skip
    return campaigns, ids, ties


def ties_of(run: Run, ids: pa.Array) -> TieLog:
    """Return who is tied to whom, with each tie's first day."""
    from crm_tasks.evaluation.tie_log import TieLog

    edges = run.read("graph.edges", TIE_COLUMNS)
    kept = pc.is_in(edges["edge_type"], value_set=pa.array([COMBINED, PURCHASE_SIMILARITY]))
    return TieLog.of(edges.filter(kept), ids)


def communities_of(run: Run, layer: str | None) -> pa.Table:
    """Return each customer's community in a layer."""
    rows = run.read("graph.community_members", ("layer", "node_id", "community_id"))
    here = rows.filter(pc.equal(rows["layer"], pa.scalar(layer, pa.string())).fill_null(False))
    return here.select(["node_id", "community_id"]).rename_columns(["customer_id", "community_id"])


def _described(run: Run) -> dict[str, tuple[str | None, str | None]]:
    columns = ("campaign_id", "channel", "content_type")
    rows = run.read("core.dim_campaigns", columns).to_pylist()
    return {row["campaign_id"]: (row["channel"], row["content_type"]) for row in rows}


def _written(
    run: Run, frames: dict[str, pa.Table], tables: dict[str, pa.Table], message: str
) -> StepReport:
    written = {name: run.write(name, rows) for name, rows in tables.items()}
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=sum(written.values()),
        message=message,
    )
