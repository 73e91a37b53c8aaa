"""How well a column fits a canonical field: by its name, and by whether its values can be that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.names import best_likeness, without_noun
from crm_tasks.profiling.recognisers import rules
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_tasks.contracts.entities import Field, Kind
    from crm_tasks.profiling.columns import ColumnFacts
    from crm_tasks.profiling.decisions import Remark
    from crm_tasks.profiling.vocabulary import EntityWords, FieldWords

#: Which kinds of column can hold which kind of field; any column can hold text.
ANYTHING = frozenset({"boolean", "integer", "decimal", "date", "timestamp", "code", "words"})
MOMENTS, NUMBERS = frozenset({"date", "timestamp"}), frozenset({"integer", "decimal"})
HOLDS: dict[Kind, frozenset[str]] = {
    "text": ANYTHING,
    "word": ANYTHING,
    "token": frozenset({"code", "words"}),
    "list": frozenset({"list"}),
    "currency": frozenset({"code", "words"}),
    "own_currency": frozenset({"code", "words"}),
    "timestamp": MOMENTS,
    "date": MOMENTS,
    "integer": frozenset({"integer"}),
    "decimal": NUMBERS,
    "decimal4": NUMBERS,
    "number": NUMBERS,
    "boolean": frozenset({"boolean"}),
}
#: Names of countries and languages are no codes of them.
CODES = {
    "country_code": re.compile(r"[A-Za-z]{2}"),
    "language_code": re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})*"),
}
CURRENCY = re.compile(r"[A-Za-z]{3}")
WITHIN_AT_LEAST = 0.95
IDENTIFIERS = frozenset({"integer", "code", "words", "boolean"})
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
LIKE_AT_LEAST = 0.6
OWN, OF_NOUN, UNSEEN = 0.95, 0.97, 0.7
TIE = 1e-6


@dataclass(frozen=True)
class Match:
    """A column found to be a field, how sure that is, and why."""

    column: str
    confidence: float
    remark: Remark


def matches(
    facts: Mapping[str, ColumnFacts], words: EntityWords, table_likeness: float
) -> dict[str, Match]:
    """Return the best column for each field of an entity; a column serves one field only."""
    by_class = rules()["person_tokens"]  # those are found once it is known what identifies people
    told = [
        field
        for field in ENTITIES[words.name].fields
        if field.name in words.fields and field.name not in by_class
    ]
    fields = [field.name for field in told]
    columns = list(facts)
    found: dict[tuple[int, int], Match] = {}
    scores = np.zeros((len(fields), len(columns)))
    for row, field in enumerate(told):
        for match in field_matches(facts, words.fields[field.name], words, field, table_likeness):
            place = (row, columns.index(match.column))
            found[place] = match
            # Of equals the column that stands first.
            scores[place] = match.confidence - place[1] * TIE
    chosen = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return {fields[row]: found[row, column] for row, column in chosen if (row, column) in found}


def field_matches(
    facts: Mapping[str, ColumnFacts],
    field_words: FieldWords,
    words: EntityWords,
    field: Field | None,
    table_likeness: float,
) -> Iterator[Match]:
    """Yield every column that may be a field; without a field, a number in general."""
    for name, column in facts.items():
        likeness = likeness_of(name, field_words, words, table_likeness)
        factor = _possible(column, field, words)
        if likeness * factor >= LIKE_AT_LEAST:
            said = remark("match_name", share=likeness)
            if column.kind == "empty":
                said += remark("match_unseen")
            yield Match(name, round(likeness * factor, 2), said)


def likeness_of(
    name: str, field_words: FieldWords, words: EntityWords, table_likeness: float
) -> float:
    """Return how like a column's name is to those of a field; some count in its own table only."""
    anywhere = best_likeness(name, field_words.any)
    if table_likeness < LIKE_AT_LEAST:
        return anywhere
    own = OWN * best_likeness(name, field_words.own)
    rest = without_noun(name, words.tables)
    of_noun = OF_NOUN * best_likeness(rest, (*field_words.own, *field_words.any)) if rest else 0.0
    return max(anywhere, own, of_noun)


def _possible(column: ColumnFacts, field: Field | None, words: EntityWords) -> float:
    """Return a factor for whether the column's values can be the field's."""
    if column.kind == "empty":
        return UNSEEN
    if field is None:
        return float(column.kind in NUMBERS)
    return float(_holds(column, field, words))


def _holds(  # noqa: PLR0911 (one per rule)
    column: ColumnFacts, field: Field, words: EntityWords
) -> bool:
    if field.kind == "boolean" and column.kind == "integer":
        return set(column.distinct) <= {"0", "1"}
    if field.kind == "word":
        return translation(column, field, words) is not None
    pattern = CURRENCY if field.kind in ("currency", "own_currency") else CODES.get(field.name)
    if pattern is not None:
        return all(pattern.fullmatch(value.strip()) for value in column.distinct)
    if field.least is not None or field.most is not None:
        return column.kind in HOLDS[field.kind] and _is_within(column, field)
    if field.kind == "text" and re.search(r"_id$|^sku$", field.name):
        return column.kind in IDENTIFIERS
    if field.name == "name":
        return column.kind in ("words", "code")
    return column.kind in HOLDS[field.kind]


def translation(column: ColumnFacts, field: Field, words: EntityWords) -> dict[str, str] | None:
    """Return the words of a column that need translating, by the words of the field.

    None: a value is no word of the field in any language known. Only words of our own lists are
    ever written, never values of other columns.
    """
    own = {word: word for word in field.words}
    known = words.values.get(field.name, {})
    foreign = {name.casefold(): word for word, names in known.items() for name in names}
    found = {}
    for value in column.distinct:
        text = value.strip()
        meant = own.get(text.casefold()) or foreign.get(text.casefold())
        if meant is None:
            return None
        if meant != text.casefold():
            found[text] = meant
    return found


def _is_within(column: ColumnFacts, field: Field) -> bool:
    """Return whether nearly all numbers lie between the field's limits."""
    numbers = [float(text) for value in column.distinct if PLAIN.fullmatch(text := value.strip())]
    within = [
        number
        for number in numbers
        if (field.least is None or number >= field.least)
        and (field.most is None or number <= field.most)
    ]
    return len(within) >= WITHIN_AT_LEAST * len(column.distinct)
