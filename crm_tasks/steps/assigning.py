"""The step that draws arms before anybody acts, and who is held out because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.evaluation import ASSIGNMENTS, DESIGNS
from crm_tasks.contracts.frames import StepReport

if TYPE_CHECKING:
    from crm_tasks.evaluation.assigning import Population
    from crm_tasks.profiles.model import Experiment
    from crm_tasks.steps.run import Run

#: The past of this outcome is what customers are stratified by.
OUTCOME = "value"
BASELINE = """
select people.customer_id, communities.community_id, coalesce(bought.spent, 0) as baseline
from people
left join communities on people.customer_id = communities.customer_id
left join (
    select customer_id, cast(sum(net_amount) as double) as spent
    from orders
    where
        ordered_at >= (cast($as_of as date) - 90)::timestamp
        and customer_id is not null
    group by customer_id
) as bought on people.customer_id = bought.customer_id
where not people.is_deleted and not people.is_erased
order by people.customer_id
"""


def assign_arms(run: Run) -> StepReport:
    """Write evaluation.assignments and evaluation.designs: the campaigns drawn on this date.

    A campaign is drawn once, by the first run up to its first day; for a date that is over the
    draw stands as it was made.
    """
    decided = {table.full_name: run.read_decided(table.full_name) for table in TABLES}
    if decided[ASSIGNMENTS.full_name] is not None:
        rows = [run.write(name, kept) for name, kept in decided.items() if kept is not None]
        return StepReport(rows_written=sum(rows), message="draws stand as they were made")
    due = due_experiments(run)
    drawn = _drawn(run, due) if due else tuple(t.arrow_schema.empty_table() for t in TABLES)
    rows = [run.write(t.full_name, made) for t, made in zip(TABLES, drawn, strict=True)]
    named = ", ".join(one.campaign for one in due) or "none due"
    return StepReport(rows_written=sum(rows), message=f"campaigns drawn: {named}")


TABLES = (ASSIGNMENTS, DESIGNS)
DRAWN = ["campaign_id", "customer_id", "arm"]


def due_experiments(run: Run) -> list[Experiment]:
    """Return the profile's experiments that have not begun and were not drawn before.

    One that began before any run could draw it is left out: a draw after the fact is none.
    """
    if not run.profile.experiments:
        return []
    earlier = run.read_history(ASSIGNMENTS.full_name)
    done = {name for rows in earlier for name in pc.unique(rows["campaign_id"]).to_pylist()}
    return [
        one
        for one in run.profile.experiments
        if one.campaign not in done and run.as_of <= one.start_date
    ]


def _drawn(run: Run, due: list[Experiment]) -> tuple[pa.Table, pa.Table]:
    from crm_tasks.evaluation.assigning import assign
    from crm_tasks.evaluation.design import Design

    designs = {one.campaign: Design(one.design, one.saturations, one.treated_share) for one in due}
    return assign(designs, OUTCOME, population(run), run.as_of)


def population(run: Run) -> Population:
    """Return who may be drawn: whom no source has deleted, with ties and past spending."""
    from crm_tasks.evaluation.assigning import Population
    from crm_tasks.graph.engine.network import sorted_ids
    from crm_tasks.steps.evaluation import communities_of, ties_of

    people = run.read("core.dim_customers", ("customer_id", "is_deleted", "is_erased"))
    orders = run.read("core.fct_orders", ("customer_id", "ordered_at", "net_amount"))
    ids = sorted_ids(people["customer_id"])
    ties = ties_of(run, ids)
    frames = {"people": people, "orders": orders, "communities": communities_of(run, ties.layer)}
    with run.scratch(**frames) as scratch:
        rows = scratch.query(BASELINE, {"as_of": run.as_of})
    number = pc.index_in(rows["customer_id"], value_set=ids).to_numpy().astype(np.int64)
    return Population(
        ids, number, rows["community_id"].to_pylist(), rows["baseline"].to_numpy(),
        ties.before(float("inf")),
    )  # fmt: skip


def running_experiments(run: Run) -> list[Experiment]:
    """Return the profile's experiments that run on the run's date and draw anybody, by name."""
    running = [
        one
        for one in run.profile.experiments
        if one.design != "none" and one.start_date <= run.as_of <= one.end_date
    ]
    return sorted(running, key=lambda one: one.campaign)


def drawn_now(run: Run) -> pa.Table:
    """Return campaign_id, customer_id and arm of everybody drawn for what runs on the run's date.

    The arm is treatment or control.
    """
    names = [one.campaign for one in running_experiments(run)]
    if not names:
        return ASSIGNMENTS.arrow_schema.empty_table().select(DRAWN)
    rows = [run.read(ASSIGNMENTS.full_name, DRAWN), *run.read_history(ASSIGNMENTS.full_name, DRAWN)]
    whole = pa.concat_tables(rows)
    return whole.filter(pc.is_in(whole["campaign_id"], value_set=pa.array(names)))
