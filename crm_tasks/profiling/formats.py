"""How the values of columns are written, as a profile declares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.columns import READ_AS_BOOLEAN
from crm_tasks.profiling.numbers import NumberFormat
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.profiling.columns import ColumnFacts
    from crm_tasks.profiling.decisions import Remark
    from crm_tasks.profiling.mapping import FeedProposal

BIRTH_DATE = "birth_date"
#: Kinds of fields that read more into a text than that it is one.
READ_AS_MORE = ("timestamp", "date", "integer", "decimal", "decimal4", "number", "boolean")


@dataclass(frozen=True)
class Formats:
    """What ``column_values`` says of one column; ``undecided``: what the user has to choose."""

    declared: Mapping[str, Any] = field(default_factory=dict)
    undecided: Remark | None = None


def propose_formats(
    facts: Mapping[str, ColumnFacts], feeds: Sequence[FeedProposal], identifying: Mapping[str, str]
) -> dict[str, Formats]:
    """Return what is to be declared per column, for columns that cannot be read as they are.

    What cannot be told is left open only where something reads the column; elsewhere the formats
    matter once it is mapped.

    Parameters
    ----------
    identifying : mapping of str to str
        Columns that are not plain, and their kinds: of those only birth dates are read.
    """
    kinds = _kinds(feeds)
    proposed = {}
    for name, column in facts.items():
        if identifying.get(name, BIRTH_DATE) != BIRTH_DATE:
            continue
        formats = _of(column, kinds.get(name))
        if formats.declared:
            proposed[name] = formats
    return proposed


def _kinds(feeds: Sequence[FeedProposal]) -> dict[str, str]:
    """Return the kind of field each column is read as, where it is read as more than text."""
    found: dict[str, str] = {}
    for feed in feeds:
        of_field = {f.name: f.kind for f in ENTITIES[feed.entity].fields}
        for name, proposal in feed.fields.items():
            if name == f"{BIRTH_DATE}_token":
                found[str(proposal.mapping).removesuffix("_token")] = "date"
            elif isinstance(proposal.mapping, str):
                if of_field[name] in READ_AS_MORE:
                    found[proposal.mapping] = of_field[name]
            else:
                factors = (*proposal.mapping.get("multiply", ()), *proposal.mapping.get("less", ()))
                found.update(dict.fromkeys(factors, "decimal"))
    return found


def _of(column: ColumnFacts, read_as: str | None) -> Formats:
    if column.moments is not None:
        return _moments(column, read_as)
    if column.numbers is not None:
        return _numbers(column, read_as)
    if column.yes_no and read_as == "boolean" and column.yes_no not in READ_AS_BOOLEAN:
        yes, no = column.yes_no
        return Formats({"true_words": [yes], "false_words": [no]})
    return Formats()


def _moments(column: ColumnFacts, read_as: str | None) -> Formats:
    moments = column.moments
    if moments is None or moments.format is None:
        return Formats()
    word = "timestamp" if moments.has_time and read_as != "date" else "date"
    if moments.other is None:
        return Formats({word: moments.format})
    return Formats({word: UNDECIDED}, moments.remark) if read_as else Formats()


def _numbers(column: ColumnFacts, read_as: str | None) -> Formats:
    numbers = column.numbers
    if numbers is None or (numbers.is_plain and not numbers.is_ambiguous):
        return Formats()
    declared = _marks(numbers)
    if not numbers.is_ambiguous:
        return Formats(declared)
    if read_as == "integer":  # a number of pieces has no decimals: the mark groups thousands
        return Formats(declared)
    if read_as is None:
        return Formats()
    said = remark("number_ambiguous", mark=numbers.thousands or numbers.decimal)
    return Formats({**declared, "decimal": UNDECIDED}, said)


def _marks(numbers: NumberFormat) -> dict[str, Any]:
    usual = NumberFormat()
    names = ("decimal", "thousands", "currency", "negative_in_parentheses")
    found = {name: getattr(numbers, name) for name in names}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value != getattr(usual, name)
    }
