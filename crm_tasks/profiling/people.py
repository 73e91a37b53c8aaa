"""Columns that hold the same people's ids land alike: as tokens everywhere, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.classes import PLAIN
from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.keys import overlap
from crm_tasks.profiling.recognisers import rules
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiling.mapping import FeedProposal, Table

#: So many of a column's values are found in another: both hold the ids of the same people.
SAME_PEOPLE = 0.5

Classes = dict[str, Decision[str]]


@dataclass(frozen=True)
class People:
    """A column that refers to people, and which table it is of."""

    table: int
    column: str


def with_same_people(
    tables: Sequence[Table], feeds: Sequence[Sequence[FeedProposal]], classes: Sequence[Classes]
) -> list[Classes]:
    """Return the classes, with ids identifying wherever they are in one place.

    A token and the plain id it was made of do not join.
    """
    found = [dict(own) for own in classes]
    people = _people(feeds)
    is_settled = False
    while not is_settled:
        is_settled = True
        for known, other in permutations(people, 2):
            decision, said = found[other.table][other.column], found[known.table][known.column]
            if decision.value not in (PLAIN, UNDECIDED) or said.value in (PLAIN, UNDECIDED):
                continue
            if _are_same(tables, known, other):
                why = remark(
                    "class_same_people", table=tables[known.table].name, column=known.column
                )
                found[other.table][other.column] = Decision(said.value, said.confidence, why)
                is_settled = False
    return found


def _people(feeds: Sequence[Sequence[FeedProposal]]) -> list[People]:
    """Return the columns that fields of people's ids are read from."""
    found = {
        People(number, proposal.mapping): None
        for number, own in enumerate(feeds)
        for feed in own
        for name, proposal in feed.fields.items()
        if name in rules()["people_fields"] and isinstance(proposal.mapping, str)
    }
    return list(found)


def _are_same(tables: Sequence[Table], one: People, other: People) -> bool:
    first, second = _ids(tables[one.table], one.column), _ids(tables[other.table], other.column)
    return max(overlap(first, second), overlap(second, first)) >= SAME_PEOPLE


def _ids(table: Table, column: str) -> pa.ChunkedArray:
    facts = table.facts[column]
    return (
        pa.chunked_array([pa.array(facts.distinct, pa.string())])
        if facts.kind == "list"
        else table.rows.column(column)
    )
