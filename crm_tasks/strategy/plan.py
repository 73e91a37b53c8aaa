"""The plan: duties first, then at most one action per customer, the best under all limits.

The way of a customer through the plan: rules offer contents; each content, channel and day is an
option; consent, caps, open issues, hold-outs and suppressions block some; the optimiser chooses
among the rest for all customers together; a few customers' options are drawn instead; the chosen
one gets its hour outside quiet hours. Every option stays on record with its probability.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.strategy import statements, wording
from crm_tasks.strategy.candidates import propose, query, table
from crm_tasks.strategy.decide import decide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.params import PlanParams
    from crm_tasks.strategy.rules import RuleBook

#: What an action carries only until its reasons are written.
CARRIED = ("figure", "preferred_iso_weekday", "preferred_hour")


@dataclass(frozen=True)
class Plan:
    """The rows of the strategy tables by name, and how many customers could be reached."""

    tables: Mapping[str, pa.Table]
    n_reachable: int


def plan_contacts(scratch: Scratch, params: PlanParams, book: RuleBook) -> Plan:
    """Return the plan for one as-of date.

    ``scratch`` holds what :func:`crm_tasks.strategy.candidates.propose` needs.

    Raises
    ------
    RulesError
        A fairness bound groups by a column that does not exist.
    """
    found = propose(scratch, params, book)
    decision = decide(scratch, found["options"], found["duties"], params)
    _register_words(scratch, book)
    bound = {
        **asdict(params),
        "policy_version": policy_version(book, params),
        "status": "planned_dry_run" if params.is_dry_run else "planned",
    }
    candidates = _candidates(scratch, decision.options, bound)
    scratch.register("decided", decision.options)
    scratch.register("scheduled", query(scratch, statements.SCHEDULED, bound))
    actions = query(scratch, statements.ACTIONS, bound)
    scratch.register("actions", actions)
    tables = {
        "rules_fired": found["fired"],
        "candidates": candidates,
        "shadow_prices": decision.shadow_prices,
        "plan_solutions": decision.solution,
        "campaigns": query(scratch, statements.CAMPAIGNS, bound),
        "actions": actions.drop_columns(list(CARRIED)),
        "action_reasons": query(scratch, statements.REASONS, bound),
    }
    return Plan(tables, decision.solution.column("n_customers")[0].as_py())


def _candidates(scratch: Scratch, decided: pa.Table, bound: Mapping[str, object]) -> pa.Table:
    """Return the rows of strategy.candidates, slice by slice of customers as they were proposed."""
    parts, first = [], 0
    lengths = [len(chunk) for chunk in decided.column("customer_id").chunks] or [0]
    for length in lengths:
        scratch.register("decided", decided.slice(first, length))
        parts.append(query(scratch, statements.CANDIDATES, bound))
        first += length
    return pa.concat_tables(parts)


def policy_version(book: RuleBook, params: PlanParams) -> str:
    """Return a version that changes with any rule or parameter, but not with the date."""
    content = repr((book.digest, params.policy))
    return f"rules-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _register_words(scratch: Scratch, book: RuleBook) -> None:
    said = [(rule.id, rule.reason_en, rule.reason_zh) for rule in book.expansions]
    texts = {"text_en": pa.string(), "text_zh": pa.string()}
    names = {"name_en": pa.string(), "name_zh": pa.string()}
    for name, columns, rows in (
        ("said", {"rule_id": pa.string(), **texts}, [*said, wording.OPEN_ISSUE]),
        ("wording", {"reason_code": pa.string(), **texts}, wording.REASONS),
        ("weekdays", {"iso_weekday": pa.int32(), **names}, wording.WEEKDAYS),
        ("objectives", {"objective": pa.string(), **names}, wording.OBJECTIVES),
    ):
        scratch.register(name, table(columns, rows))
