"""The step that plans whom to contact: features and rules in, actions with reasons out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.strategy import ACTIONS
from crm_tasks.strategy.plan import PlanParams, plan_contacts
from crm_tasks.strategy.rules import load_rules

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.steps.run import Run

TABLES = ("rules_fired", "campaigns", "actions", "action_reasons")
READS = {
    "customers": "features.feat_customers_wide",
    "channels": "core.dim_channels",
    "contents": "core.dim_contents",
}


def plan_actions(run: Run) -> StepReport:
    """Write the rules that fired, campaigns, actions and their reasons.

    For a date that is over they are those that were decided then.
    """
    decided = {name: run.read_decided(f"strategy.{name}") for name in TABLES}
    if decided["actions"] is not None:
        kept = {
            name: run.write(f"strategy.{name}", rows)
            for name, rows in decided.items()
            if rows is not None
        }
        return StepReport(
            rows_written=sum(kept.values()),
            message=f"{kept['actions']:,} actions stand as they were decided",
        )
    frames = {name: run.read(table) for name, table in READS.items()}
    people = run.read("core.dim_customers", ("customer_id", "is_deleted"))
    frames["customers"] = without_deleted(frames["customers"], people)
    previous = run.read_predecessor("strategy.actions")
    nothing = ACTIONS.arrow_schema.empty_table()
    frames["previous_actions"] = nothing if previous is None else previous
    with run.scratch(**frames) as scratch:
        plan = plan_contacts(scratch, params_of(run), load_rules(run.profile.rules_path))
    tables = {
        "rules_fired": plan.rules_fired,
        "campaigns": plan.campaigns,
        "actions": plan.actions,
        "action_reasons": plan.action_reasons,
    }
    written = {name: run.write(f"strategy.{name}", rows) for name, rows in tables.items()}
    return StepReport(
        rows_in=frames["customers"].num_rows,
        rows_written=sum(written.values()),
        message=f"{written['actions']:,} actions of {plan.n_reachable:,} customers in reach",
    )


def without_deleted(customers: pa.Table, people: pa.Table) -> pa.Table:
    """Return the customers whom the sources have not deleted: nobody else is contacted."""
    deleted = people.filter(people.column("is_deleted")).column("customer_id")
    is_deleted = pc.is_in(customers.column("customer_id"), value_set=deleted)
    return customers.filter(pc.invert(is_deleted))


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
    )
