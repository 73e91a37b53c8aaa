"""The step that plans whom to contact: features and rules in, actions with reasons out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.steps.assigning import drawn_now, running_experiments
from crm_tasks.strategy.candidates import columns_read
from crm_tasks.strategy.params import Fairness, PlanParams, Running
from crm_tasks.strategy.plan import plan_contacts
from crm_tasks.strategy.rules import load_rules
from crm_tasks.strategy.wording import OBJECTIVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_tasks.steps.run import Run

TABLES = (
    "rules_fired", "candidates", "shadow_prices", "plan_solutions", "campaigns", "actions",
    "action_reasons", "budget_usage", "channel_ranks",
)  # fmt: skip
READS = {
    "channels": ("core.dim_channels", None),
    "contents": ("core.dim_contents", None),
    "contacts": (
        "core.fct_contacts",
        ("customer_id", "channel_id", "content_type", "sent_at", "converted_at",
         "strategy_action_id", "cost"),
    ),
    "messages": (
        "core.fct_messages",
        ("message_id", "conversation_id", "customer_id", "channel", "direction", "intent",
         "agent_intent", "is_complaint", "is_open_issue", "sent_at"),
    ),
    "interactions": (
        "core.fct_social_interactions", ("actor_customer_id", "platform", "occurred_at"),
    ),
}  # fmt: skip
PREVIOUS = (
    "strategy_action_id", "customer_id", "channel_id", "scheduled_at", "idempotency_key", "status",
    "campaign_id", "cost",
)  # fmt: skip
#: How long an answer once planned keeps its issue from being planned again.
REMEMBERED = dt.timedelta(days=90)
UPLIFT = pa.schema({
    "customer_id": pa.string(), "channel": pa.string(), "content_type": pa.string(),
    "uplift": pa.float64(), "uplift_low": pa.float64(), "uplift_high": pa.float64(),
    "is_amount": pa.bool_(),
})  # fmt: skip
HELD_OUT = pa.schema({"customer_id": pa.string(), "objective": pa.string()})


def plan_actions(run: Run) -> StepReport:
    """Write the rules that fired, candidates, prices, campaigns, actions and their reasons.

    For a date that is over they are those that were decided then.
    """
    decided = {name: run.read_decided(f"strategy.{name}") for name in TABLES}
    if decided["actions"] is not None:
        kept = {name: rows for name, rows in decided.items() if rows is not None}
        written = _write(run, kept)
        message = f"{written['actions']:,} actions stand as they were decided"
        return StepReport(rows_written=sum(written.values()), message=message)
    params, book = params_of(run), load_rules(run.profile.rules_path)
    frames = planning_frames(run, columns_read(params, book))
    with run.scratch(**frames) as scratch:
        plan = plan_contacts(scratch, params, book)
        written = _write(run, {**plan.tables, **plan.slices})
    return StepReport(
        rows_in=frames["customers"].num_rows,
        rows_written=sum(written.values()),
        message=f"{written['actions']:,} actions of {plan.n_reachable:,} customers in reach",
    )


def planning_frames(run: Run, features: Sequence[str]) -> dict[str, pa.Table]:
    """Return what a plan reads, by the names its statements use."""
    frames = {name: run.read(table, columns) for name, (table, columns) in READS.items()}
    frames["customers"] = run.read("features.feat_customers_wide", features)
    people = run.read("core.dim_customers", ("customer_id", "is_deleted", "is_erased"))
    frames["customers"] = without_gone(frames["customers"], people)
    empty = ACTIONS.arrow_schema.empty_table().select(list(PREVIOUS))
    since = run.as_of - REMEMBERED
    before = run.read_history("strategy.actions", PREVIOUS, since)
    frames["previous_actions"] = pa.concat_tables([empty, *before])
    frames["uplift"] = uplift_of(run)
    frames["drawn"] = drawn_now(run)
    frames["held_out"] = held_out_of(frames["drawn"])
    return frames


def uplift_of(run: Run) -> pa.Table:
    """Return what each channel and content changes per customer, where something was drawn."""
    rows = run.read("ml.uplift")
    if not rows.num_rows:
        return UPLIFT.empty_table()
    from crm_tasks.ml.uplift import by_treatment

    return by_treatment(rows).select(UPLIFT.names).cast(UPLIFT)


def held_out_of(drawn: pa.Table) -> pa.Table:
    """Return whom a running experiment keeps without contact, for every objective."""
    is_control = pc.equal(drawn.column("arm"), "control")
    controls = pc.unique(drawn.filter(is_control).column("customer_id"))
    objectives = [name for name, *_ in OBJECTIVES]
    return pa.table({
        "customer_id": pa.concat_arrays([controls] * len(objectives)),
        "objective": pa.array(objectives, pa.string()).take(
            pa.array([n for n in range(len(objectives)) for _ in range(len(controls))], pa.int64())
        ),
    }).cast(HELD_OUT)  # fmt: skip


def without_gone(customers: pa.Table, people: pa.Table) -> pa.Table:
    """Return the customers who are neither deleted nor erased: nobody else is contacted."""
    is_gone = pc.or_(people.column("is_deleted"), people.column("is_erased"))
    gone = people.filter(is_gone).column("customer_id")
    return customers.filter(pc.invert(pc.is_in(customers.column("customer_id"), value_set=gone)))


def params_of(run: Run) -> PlanParams:
    """Return what the profile allows a plan to do."""
    contact = run.profile.contact
    return PlanParams(
        as_of=run.as_of,
        time_zone=run.profile.time_zone,
        channels=contact.channels,
        consent_when_unknown=contact.consent_when_unknown,
        actions_per_day=contact.actions_per_day,
        is_dry_run=run.is_dry_run or run.profile.dry_run_only,
        seed=run.derived_key("draw").hex(),
        budget=contact.budget,
        channel_per_day=tuple(sorted(contact.actions_per_channel_and_day.items())),
        fairness=tuple(Fairness(f.by, f.at_least, f.at_most) for f in contact.fairness),
        issue_deadline_days=contact.issue_deadline_days,
        exploration_share=contact.exploration_share,
        margin_share=contact.margin_share,
        experiments=tuple(
            Running(one.campaign, one.design, one.baselines) for one in running_experiments(run)
        ),
    )


def _write(run: Run, tables: Mapping[str, pa.Table | Iterable[pa.Table]]) -> dict[str, int]:
    return {name: run.write(f"strategy.{name}", rows) for name, rows in tables.items()}
