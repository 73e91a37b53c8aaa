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

from crm_tasks.strategy import campaign_sql, channel_sql, statements, wording
from crm_tasks.strategy.candidates import propose, query, table
from crm_tasks.strategy.decide import TOLD, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.packed import Packed
    from crm_tasks.strategy.params import PlanParams
    from crm_tasks.strategy.rules import RuleBook

#: What an action carries only until its reasons are written.
CARRIED = ("figure", "preferred_iso_weekday", "preferred_hour")


@dataclass(frozen=True, eq=False)
class Plan:
    """What was planned.

    Attributes
    ----------
    tables : mapping of str to pyarrow.Table
        Rows of the strategy tables by name.
    slices : mapping of str to iterable of pyarrow.Table
        The same of the long ones, a slice of customers at a time in the order of their ids. They
        are made as they are asked for, once, by the engine that the plan was made with.
    n_reachable : int
        Customers with an option that nothing blocks.
    """

    tables: Mapping[str, pa.Table]
    slices: Mapping[str, Iterable[pa.Table]]
    n_reachable: int

    def whole(self) -> dict[str, pa.Table]:
        """Return all tables, those in slices put together: for plans of few customers."""
        joined = {name: pa.concat_tables(parts) for name, parts in self.slices.items()}
        return {**self.tables, **joined}


def plan_contacts(scratch: Scratch, params: PlanParams, book: RuleBook) -> Plan:
    """Return the plan for one as-of date.

    ``scratch`` holds what :func:`crm_tasks.strategy.candidates.propose` needs.

    Raises
    ------
    RulesError
        A fairness bound groups by a column that does not exist.
    """
    found = propose(scratch, params, book)
    decision = decide(scratch, found.choices, found.duties, params)
    _register_words(scratch, book)
    bound = {
        **asdict(params),
        "design": params.design,
        "policy_version": policy_version(book, params),
        "status": "planned_dry_run" if params.is_dry_run else "planned",
    }
    told = decision.options.select(TOLD)
    chosen = [rows.filter(rows.column("is_chosen")) for rows in _decided(found.options, told)]
    scratch.register("decided", pa.concat_tables(chosen))
    scratch.register("scheduled", query(scratch, statements.SCHEDULED, bound))
    actions = query(scratch, statements.ACTIONS, bound)
    scratch.register("actions", actions)
    tables = {
        "shadow_prices": decision.shadow_prices,
        "plan_solutions": decision.solution,
        "campaigns": query(scratch, campaign_sql.CAMPAIGNS, bound),
        "actions": actions.drop_columns(list(CARRIED)),
        "action_reasons": query(scratch, statements.REASONS, bound),
        "budget_usage": query(scratch, campaign_sql.BUDGET_USAGE, bound),
        "channel_ranks": query(scratch, channel_sql.CHANNEL_RANKS, bound),
    }
    slices = {
        "rules_fired": found.fired,
        "candidates": _candidates(scratch, found.options, told, bound),
    }
    return Plan(tables, slices, decision.solution.column("n_customers")[0].as_py())


def _candidates(
    scratch: Scratch, options: Packed, told: pa.Table, bound: Mapping[str, object]
) -> Iterator[pa.Table]:
    """Yield the rows of strategy.candidates, slice by slice of customers as they were proposed."""
    for rows in _decided(options, told):
        scratch.register("decided", rows)
        yield query(scratch, statements.CANDIDATES, bound)


def _decided(options: Packed, told: pa.Table) -> Iterator[pa.Table]:
    """Yield slices of options with what was decided of each."""
    first = 0
    for rows in options:
        decided = told.slice(first, len(rows))
        first += len(rows)
        yield pa.table({
            **dict(zip(rows.column_names, rows.columns, strict=True)),
            **dict(zip(decided.column_names, decided.columns, strict=True)),
        })  # fmt: skip


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
