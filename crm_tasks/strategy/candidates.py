"""Candidates: what could be done with each customer, what it may bring, and what stops it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.contracts.sql_text import quoted
from crm_tasks.strategy import arm_sql, candidate_sql, duty_sql
from crm_tasks.strategy.packed import Packed
from crm_tasks.strategy.rules import fire_rules
from crm_tasks.strategy.rules.compiled import features_read
from crm_tasks.strategy.rules.expressions import CLASS, feature_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.params import PlanParams
    from crm_tasks.strategy.rules import RuleBook

CONTENT_TYPES = ("promotion", "entertainment", "education")
#: Features that the statements themselves name.
FEATURES = (
    "customer_id", "channel_preference", "influence_value", "preferred_iso_weekday",
    "preferred_hour", "monetary_value", "consent_email", "consent_sms", "consent_social",
    "consent_phone", "consent_mail", "degree_out",
)  # fmt: skip
#: Steps for all customers together: each statement's result is registered under its name.
SHARED_STEPS = (
    ("touched", candidate_sql.TOUCHED),
    ("rates", candidate_sql.RATES),
    ("own_answers", candidate_sql.OWN_ANSWERS),
    ("worth", candidate_sql.WORTH),
    ("arms", arm_sql.ARMS),
    ("duties", duty_sql.DUTIES),
)
#: Steps after the rules, for one slice of customers after the other.
STEPS = (
    ("offered", candidate_sql.OFFERED),
    ("ruled_out", candidate_sql.RULED_OUT),
    ("people", candidate_sql.PEOPLE),
    ("ways", candidate_sql.WAYS),
    ("options", candidate_sql.OPTIONS),
)
#: What deciding needs to know of an option; all else stays packed until the plan is written.
DECIDED_BY = ("customer_id", "scheduled_date", "channel_id", "blocked_by", "cost", "score", "p")
#: Customers whose options are computed at a time: what lies open at once does not grow with them.
SLICE = 50_000


@dataclass(frozen=True, eq=False)
class Proposed:
    """What was found, by customer.

    Attributes
    ----------
    fired : Packed
        Rows of strategy.rules_fired.
    duties : pyarrow.Table
        Issues to be answered before anything else.
    options : Packed
        One row per customer, day, channel and content offered, each with ``blocked_by`` (NULL
        where it may be used), ``p`` (share of touches answered, as past answers say), ``uplift``
        (where contacts were drawn at random) or ``lever`` (the rule's), and ``score``: benefit
        less cost, in currency.
    choices : pyarrow.Table
        The same rows in the same order, with the columns of :data:`DECIDED_BY`.
    """

    fired: Packed
    duties: pa.Table
    options: Packed
    choices: pa.Table


def columns_read(params: PlanParams, book: RuleBook) -> list[str]:
    """Return the columns of features.feat_customers_wide that a plan reads, sorted."""
    known = feature_kinds()
    grouped = [bound.by for bound in params.fairness if bound.by in known]
    return sorted({*FEATURES, *features_read(book), *grouped})


def propose(scratch: Scratch, params: PlanParams, book: RuleBook) -> Proposed:
    """Return every option of every customer.

    ``scratch`` holds customers (features.feat_customers_wide of those who may be contacted at
    all, with the columns of :func:`columns_read`), channels (core.dim_channels), contents
    (core.dim_contents), contacts (core.fct_contacts), messages (core.fct_messages),
    interactions (core.fct_social_interactions),
    previous_actions (strategy.actions of earlier runs), uplift (customer_id, channel,
    content_type, uplift with its interval uplift_low to uplift_high, and is_amount; one row per
    customer with channel NULL where an estimate holds for any), held_out (customer_id, objective)
    and drawn (campaign_id, customer_id, arm: treatment or control, of the running experiments).
    All of these may be empty but the customers. Afterwards it holds ``classified`` and ``arms`` as
    well: each customer's classes, and arm.
    """
    bound = asdict(params)
    for name, rows in _words(params, book).items():
        scratch.register(name, rows)
    for name, statement in SHARED_STEPS:
        scratch.register(name, query(scratch, statement, bound))
    named = ", ".join(quoted(name) for name in columns_read(params, book))
    labels = dict.fromkeys(CLASS + rule.scheme for rule in book.classifications)
    schemes = ", ".join(quoted(name) for name in ("customer_id", *labels))
    customers = scratch.query(f"select {named} from customers order by customer_id")  # noqa: S608
    fired, options, choices, classes = Packed(), Packed(), [], []
    for first in range(0, max(len(customers), 1), SLICE):
        scratch.register("customers", customers.slice(first, SLICE))
        here = _one_slice(scratch, params, book)
        fired.add(here["fired"])
        options.add(here["options"])
        choices.append(here["options"].select(DECIDED_BY))
        classes.append(scratch.query(f"select {schemes} from classified"))  # noqa: S608
    scratch.register("customers", customers)
    scratch.register("classified", pa.concat_tables(classes))
    return Proposed(fired, scratch.query("from duties"), options, pa.concat_tables(choices))


def _one_slice(scratch: Scratch, params: PlanParams, book: RuleBook) -> dict[str, pa.Table]:
    """Return the fired rules and the options, each text kept once, of the customers in hand."""
    found = {"fired": fire_rules(scratch, book, params.as_of)}
    scratch.register("fired", found["fired"])
    for name, statement in STEPS:
        found[name] = query(scratch, statement, asdict(params))
        scratch.register(name, found[name])
    return {"fired": found["fired"], "options": _encoded(found["options"])}


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
    arms = [
        (one.campaign, place, arm, len(one.baselines) + 1)
        for one in params.experiments
        for place, arm in enumerate(("treatment", *one.baselines))
    ]
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
        "arm_names": table(
            {"campaign_id": pa.string(), "place": pa.int32(), "arm": pa.string(),
             "n_arms": pa.int32()},
            arms,
        ),
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
