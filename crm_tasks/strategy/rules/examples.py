"""A rule book's own test cases: customers whose outcome is known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.contracts import find_table
from crm_tasks.strategy.rules.engine import fire_rules
from crm_tasks.strategy.rules.expressions import CLASS, FEATURES, SCORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.rules.model import Example, RuleBook

#: Scores are compared to this; they are rounded to six decimals.
TOLERANCE = 1e-6
#: Rules look at no date, so the examples are of any.
A_DAY = dt.date(2024, 7, 1)


def failed_examples(scratch: Scratch, book: RuleBook) -> list[str]:
    """Return a line for all that an example expects and the rules do not say; none if all hold."""
    if not book.examples:
        return []
    scratch.register("customers", _customers(book))
    fired = fire_rules(scratch, book, A_DAY).to_pylist()
    classified = scratch.query("select * from classified").to_pylist()
    by_name = {row["customer_id"]: row for row in classified}
    hits: dict[str, set[str]] = {example.name: set() for example in book.examples}
    for row in fired:
        hits[row["customer_id"]].add(row["rule_id"])
    return [
        f"example {example.name!r}: {line}"
        for example in book.examples
        for line in _differences(example, hits[example.name], by_name[example.name])
    ]


def _customers(book: RuleBook) -> pa.Table:
    """Return the examples' customers: what an example does not say is unknown."""
    schema = find_table(FEATURES).arrow_schema
    rows = [{**example.customer, "customer_id": example.name} for example in book.examples]
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows]).cast(field.type)
        for field in schema
    }
    return pa.table(columns)


def _differences(example: Example, hits: set[str], row: dict[str, Any]) -> Iterator[str]:
    for rule in sorted(set(example.fires) - hits):
        yield f"rule {rule} should fire and does not"
    for rule in sorted(set(example.does_not_fire) & hits):
        yield f"rule {rule} fires and should not"
    for name, expected in example.scores.items():
        found = row[SCORE + name]
        if found is None or abs(found - expected) > TOLERANCE:
            yield f"score {name} should be {expected:g} and is {found}"
    for scheme, expected_class in example.classes.items():
        if row[CLASS + scheme] != expected_class:
            yield f"class {scheme} should be {expected_class} and is {row[CLASS + scheme]}"
