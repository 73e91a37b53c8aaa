"""The step that writes the decision brief, once a plan and what past contacts did are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.contracts import find_table
from crm_tasks.contracts.frames import StepReport
from crm_tasks.strategy.brief import write_briefs
from crm_tasks.strategy.brief.facts import collect_facts

if TYPE_CHECKING:
    from crm_tasks.steps.run import Run

READS = {
    "actions": "strategy.actions",
    "reasons": "strategy.action_reasons",
    "campaigns": "strategy.campaigns",
    "candidates": "strategy.candidates",
    "prices": "strategy.shadow_prices",
    "solution": "strategy.plan_solutions",
    "contents": "core.dim_contents",
    "known_campaigns": "evaluation.campaigns",
    "responses": "evaluation.campaign_response",
    "effects": "evaluation.strategy_results",
}
#: Of tables that grow with customers x options, what is read.
COLUMNS = {
    "candidates": (
        "customer_id", "channel_id", "content_id", "scheduled_date", "score", "why_not",
        "is_chosen",
    ),
}  # fmt: skip
#: What was known when the plan before was made: only what is new was learned since.
BEFORE = {
    "responses": ("campaign_id", "n_contacted", "n_responded"),
    "effects": (
        "campaign_id", "outcome", "estimand", "estimator", "arm", "effect", "is_final",
    ),
}  # fmt: skip


def write_brief(run: Run) -> StepReport:
    """Write strategy.decision_briefs; of a date that is over, as it was written then."""
    decided = run.read_decided("strategy.decision_briefs")
    if decided is not None:
        written = run.write("strategy.decision_briefs", decided)
        return StepReport(rows_written=written, message="the brief stands as it was written")
    frames = {name: run.read(table, COLUMNS.get(name)) for name, table in READS.items()}
    for name, columns in BEFORE.items():
        before = run.read_predecessor(READS[name], columns)
        nothing = find_table(READS[name]).arrow_schema.empty_table()
        frames[f"{name}_before"] = nothing if before is None else before
    profile = run.profile
    with run.scratch(**frames) as scratch:
        facts = collect_facts(scratch, profile.time_zone)
    briefs = write_briefs(facts, run.as_of, profile.title, profile.currency_code)
    written = run.write("strategy.decision_briefs", briefs)
    return StepReport(
        rows_in=sum(rows.num_rows for rows in frames.values()),
        rows_written=written,
        message="`crm brief` shows the plan on one page",
    )
