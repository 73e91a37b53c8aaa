"""Candidates: what could be done with each customer, what it may bring, and what stops it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.strategy import candidate_sql
from crm_tasks.strategy.rules import fire_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.params import PlanParams
    from crm_tasks.strategy.rules import RuleBook

CONTENT_TYPES = ("promotion", "entertainment", "education")
#: Results that only a later step reads: they are let go, each is as long as the options.
PASSING = ("offered", "ruled_out", "touched", "rates", "own_answers", "ways")
#: Steps after the rules, in order: each statement's result is registered under its name.
STEPS = (
    ("offered", candidate_sql.OFFERED),
    ("ruled_out", candidate_sql.RULED_OUT),
    ("touched", candidate_sql.TOUCHED),
    ("rates", candidate_sql.RATES),
    ("own_answers", candidate_sql.OWN_ANSWERS),
    ("duties", candidate_sql.DUTIES),
    ("people", candidate_sql.PEOPLE),
    ("ways", candidate_sql.WAYS),
)
#: Customers whose options are computed at a time.
SLICE = 50_000


def propose(scratch: Scratch, params: PlanParams, book: RuleBook) -> dict[str, pa.Table]:
    """Return what was found on the way: ``fired``, ``duties`` and ``options`` among it.

    ``scratch`` holds customers (features.feat_customers_wide of those who may be contacted at
    all), channels (core.dim_channels), contents (core.dim_contents), contacts (core.fct_contacts),
    messages (core.fct_messages), previous_actions (strategy.actions of earlier runs), uplift
    (customer_id, channel, content_type, uplift with its interval uplift_low to uplift_high, and
    is_amount; one row per customer with channel NULL where an estimate holds for any) and held_out
    (customer_id, objective). All of these may be empty but the customers.

    ``options`` has one row per customer, day, channel and content offered, by customer, each with
    ``blocked_by`` (NULL where it may be used), ``p`` (share of touches answered, as past answers
    say), ``uplift`` (where contacts were drawn at random) or ``lever`` (the rule's), and ``score``:
    benefit less cost, in currency.
    """
    found = {"fired": fire_rules(scratch, book, params.as_of)}
    scratch.register("fired", found["fired"])
    for name, rows in _words(params, book).items():
        scratch.register(name, rows)
    for name, statement in STEPS:
        found[name] = query(scratch, statement, asdict(params))
        scratch.register(name, found[name])
    found["options"] = _options(scratch, params)
    scratch.register("options", found["options"])
    for name in PASSING:
        scratch.register(name, found.pop(name).slice(0, 0))
    return found


def _options(scratch: Scratch, params: PlanParams) -> pa.Table:
    """Return the options of all customers, one chunk per slice, each text kept once per chunk."""
    names = scratch.query("select customer_id from people order by customer_id").column(0)
    firsts = range(0, max(len(names), 1), SLICE)
    parts = []
    for first in firsts:
        here = names.slice(first, SLICE).to_pylist() or [""]
        bound = {**asdict(params), "first_customer": here[0], "last_customer": here[-1]}
        parts.append(_encoded(query(scratch, candidate_sql.OPTIONS, bound)))
    return pa.concat_tables(parts)


def _encoded(options: pa.Table) -> pa.Table:
    whole = options.combine_chunks()
    columns = {
        name: column.dictionary_encode() if pa.types.is_string(column.type) else column
        for name, column in zip(whole.column_names, whole.columns, strict=True)
    }
    return pa.table(columns)


def query(scratch: Scratch, statement: str, bound: Mapping[str, object]) -> pa.Table:
    """Return the result of a statement, bound to those parameters that it names."""
    named = set(re.findall(r"\$(\w+)", statement))
    return scratch.query(statement, {name: bound[name] for name in named})


def _words(params: PlanParams, book: RuleBook) -> dict[str, pa.Table]:
    """Return what rules and parameters say, as small tables."""
    offers = [
        (no, rule.id, rule.objective, rule.lever, place, content)
        for no, rule in enumerate(book.expansions, 1)
        for place, content in enumerate(rule.contents, 1)
    ]
    places = [(channel, place) for place, channel in enumerate(params.channels, 1)]
    return {
        "offers": table(
            {"rule_no": pa.int32(), "rule_id": pa.string(), "objective": pa.string(),
             "lever": pa.float64(), "content_place": pa.int32(), "content_id": pa.string()},
            offers,
        ),
        "restrictions": table(
            {"restriction_no": pa.int32(), "kind": pa.string(), "rule_id": pa.string(),
             "content_type": pa.string(), "channel": pa.string()},
            _restrictions(params, book),
        ),
        "allowed_channels": table({"channel": pa.string(), "place": pa.int32()}, places),
        "steps": table({"step": pa.int32()}, [(n,) for n in range(params.days_considered)]),
    }  # fmt: skip


def _restrictions(params: PlanParams, book: RuleBook) -> list[tuple[object, ...]]:
    """Return a row per restriction, type of content and channel it is about."""
    rules = [("suppression", rule) for rule in book.suppressions]
    rules += [("eligibility", rule) for rule in book.eligibilities]
    return [
        (no, kind, rule.id, content_type, channel)
        for no, (kind, rule) in enumerate(rules)
        for content_type in rule.content_types or CONTENT_TYPES
        for channel in rule.channels or params.channels
    ]


def table(columns: Mapping[str, pa.DataType], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    """Return rows as a table of the given columns; no rows make an empty one."""
    listed = list(rows)
    return pa.table({
        name: pa.array([row[place] for row in listed], kind)
        for place, (name, kind) in enumerate(columns.items())
    })  # fmt: skip
