"""One plan of a few customers written by hand, and what it says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_tasks.contracts import find_table
from crm_tasks.contracts.table import check_rows
from crm_tasks.strategy.plan import Plan, plan_contacts
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import GIVEN, frames, params

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tasks.contracts.frames import Scratch


def planned(
    lend: Callable[..., Scratch], *customers: dict[str, Any], **changed: Any
) -> tuple[list[dict[str, Any]], Plan]:
    """Return the actions by priority, and the plan, every table checked against its contract."""
    given = {name: changed.pop(name) for name in ("previous", *GIVEN) if name in changed}
    plan = plan_contacts(lend(**frames(*customers, **given)), params(**changed), load_rules())
    plan = Plan(plan.whole(), {}, plan.n_reachable)
    for name, rows in plan.tables.items():
        check_rows(find_table(f"strategy.{name}"), rows)
    actions = plan.tables["actions"].to_pylist()
    return sorted(actions, key=lambda action: action["priority"]), plan


def reasons_of(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Return each action's reasons in their order."""
    reasons: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(plan.tables["action_reasons"].to_pylist(), key=lambda row: row["rank"]):
        reasons.setdefault(row["strategy_action_id"], []).append(row)
    return reasons


def why_not(plan: Plan) -> dict[tuple[str, str], set[str]]:
    """Return what was said of the options of each customer and channel."""
    told: dict[tuple[str, str], set[str]] = {}
    for row in plan.tables["candidates"].to_pylist():
        told.setdefault((row["customer_id"], row["channel_id"]), set()).add(row["why_not"])
    return told
