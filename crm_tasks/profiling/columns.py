"""What a sample says about each column: how full, how varied, of what kind, written how."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.profiling.moments import MomentFormat, as_one_of, propose_moments
from crm_tasks.profiling.numbers import NumberFormat, propose_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Texts that mean "no value" wherever they stand, and those that do only among numbers and dates.
ALWAYS_NULL = frozenset(
    {"NULL", "null", "\\N", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "(null)"}
)
NULL_IF_TYPED = frozenset({
    "NA", "na", "-", "--", "?", ".", "None", "none", "nil", "无", "空", "暂无", "未知", "缺失",
})  # fmt: skip
#: Words for yes and no; the first pairs are read without a declaration.
READ_AS_BOOLEAN = (("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"))
YES_AND_NO = (
    *READ_AS_BOOLEAN, ("是", "否"), ("有", "无"), ("oui", "non"), ("ja", "nein"), ("sí", "no"),
    ("si", "no"), ("on", "off"), ("sim", "não"), ("да", "нет"),
)  # fmt: skip
DISTINCT_JUDGED = 2000
TYPED_AT_LEAST = 0.95
CODE = re.compile(r"[\w./#:+-]+", re.ASCII)
CODE_LENGTH = 64

Kind = Literal[
    "empty", "boolean", "integer", "decimal", "date", "timestamp", "code", "words", "list"
]


@dataclass(frozen=True)
class ColumnFacts:
    """What the sample says about one column.

    ``distinct`` are its distinct values (of lists their elements), at most ``DISTINCT_JUDGED`` of
    them; they never leave the proposal. ``n_values`` counts the rows in which something stands.
    """

    name: str
    n_rows: int
    n_values: int
    n_distinct: int
    kind: Kind
    distinct: tuple[str, ...]
    numbers: NumberFormat | None = None
    moments: MomentFormat | None = None
    yes_no: tuple[str, str] | None = None

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.n_rows > 0 and self.n_distinct == self.n_values == self.n_rows

    @property
    def fill(self) -> float:
        return self.n_values / self.n_rows if self.n_rows else 0.0

    @property
    def variety(self) -> float:
        """Distinct values per value: 1 where none repeats."""
        return self.n_distinct / self.n_values if self.n_values else 0.0

    @property
    def words_per_value(self) -> float:
        """Mean number of words; two Chinese characters count as one."""
        if not self.distinct:
            return 0.0
        return sum(map(_n_words, self.distinct)) / len(self.distinct)


def _n_words(text: str) -> float:
    wide = sum(sign > "\u2e7f" for sign in text)
    return len([word for word in text.split() if word.isascii()]) + wide / 2


def propose_null_tokens(rows: pa.Table) -> tuple[str, ...]:
    """Return the texts that mean "no value" in a table, the empty text first."""
    found: set[str] = set()
    for name in rows.column_names:
        values = pc.unique(rows.column(name)).to_pylist()
        texts = {value.strip() for value in values if value}
        found |= texts & ALWAYS_NULL
        doubtful = texts & NULL_IF_TYPED
        rest = sorted(texts - doubtful - ALWAYS_NULL - {""})[:DISTINCT_JUDGED]
        if doubtful and rest and (propose_numbers(rest) or propose_moments(rest)):
            found |= doubtful
    return ("", *sorted(found))


def column_facts(rows: pa.Table, null_tokens: Sequence[str]) -> dict[str, ColumnFacts]:
    """Return what the sample says about each column of text.

    A column whose numbers or dates can be read in two ways is read as others of the table are,
    if those agree with each other.
    """
    tokens = pa.array([*null_tokens], pa.string())
    facts = {name: _facts(name, rows.column(name), tokens) for name in rows.column_names}
    return _read_alike(facts)


def without_nulls(values: pa.ChunkedArray, tokens: pa.Array) -> pa.ChunkedArray:
    """Return the values that mean something."""
    kept = values.filter(pc.invert(pc.is_in(pc.utf8_trim_whitespace(values), value_set=tokens)))
    return kept.drop_null()


def _facts(name: str, column: pa.ChunkedArray, tokens: pa.Array) -> ColumnFacts:
    values = without_nulls(column, tokens)
    unique = pc.unique(values)
    distinct = tuple(unique[:DISTINCT_JUDGED].to_pylist())
    facts = ColumnFacts(name, len(column), len(values), len(unique), "empty", distinct)
    if not distinct:
        return facts
    elements = _elements(distinct)
    if elements is not None:
        return replace(facts, kind="list", distinct=elements)
    answers = {value.strip().lower() for value in distinct}
    pair = next((pair for pair in YES_AND_NO if answers <= set(pair)), None)
    if pair is not None:
        return replace(facts, kind="boolean", yes_no=pair)
    in_order = values[:DISTINCT_JUDGED].to_pylist()
    moments = propose_moments(distinct, in_order)
    if moments is not None:
        return replace(facts, kind="timestamp" if moments.has_time else "date", moments=moments)
    numbers = propose_numbers(distinct)
    if numbers is not None and not numbers.has_leading_zeros:
        is_whole = numbers.n_decimals == 0 and not numbers.currency
        return replace(facts, kind="integer" if is_whole else "decimal", numbers=numbers)
    return replace(facts, kind="code" if are_codes(distinct) else "words")


def _elements(distinct: Sequence[str]) -> tuple[str, ...] | None:
    """Return the distinct elements of what are all JSON arrays, else None."""
    if not all(value.startswith("[") for value in distinct):
        return None
    try:
        arrays = [json.loads(value) for value in distinct]
    except (ValueError, RecursionError):
        return None
    texts = (str(one) for array in arrays for one in array if one not in (None, ""))
    return tuple(itertools.islice(dict.fromkeys(texts), DISTINCT_JUDGED))


def are_codes(distinct: Sequence[str]) -> bool:
    """Return whether nearly all values are identifiers with a digit."""
    codes = [
        value
        for value in distinct
        if len(value) <= CODE_LENGTH and CODE.fullmatch(value) and re.search(r"\d", value)
    ]
    return len(codes) >= TYPED_AT_LEAST * len(distinct)


def _read_alike(facts: Mapping[str, ColumnFacts]) -> dict[str, ColumnFacts]:
    """Settle what one column leaves open by what its neighbours are sure of."""
    sure = [one.moments for one in facts.values() if one.moments and not one.moments.other]
    orders = {_day_first(m.format) for m in sure if m.format} - {None}
    marks = Counter(
        (n.decimal, n.thousands)
        for n in (one.numbers for one in facts.values())
        if n and not n.is_ambiguous and (n.decimal, n.thousands) != (".", "")
    )
    pattern = next((m.format for m in sure if m.format and _day_first(m.format) is not None), None)
    decimals = {decimal for decimal, _ in marks}
    settled = dict(facts)
    for name, one in facts.items():
        if one.moments and one.moments.other and len(orders) == 1 and pattern:
            settled[name] = replace(one, moments=as_one_of(one.moments, pattern))
        if one.numbers and one.numbers.is_ambiguous and len(decimals) == 1:
            settled[name] = _with_decimal(one, next(iter(decimals)))
    return settled


def _day_first(pattern: str | None) -> bool | None:
    if not pattern or "%d" not in pattern or "%m" not in pattern or pattern.startswith("%Y"):
        return None
    return pattern.find("%d") < pattern.find("%m")


def _with_decimal(facts: ColumnFacts, decimal: str) -> ColumnFacts:
    numbers = facts.numbers
    if numbers is None:
        return facts
    mark = numbers.thousands or numbers.decimal
    thousands = "" if mark == decimal else mark
    n_decimals = 3 if mark == decimal else 0
    kind: Kind = "decimal" if n_decimals else facts.kind
    told = replace(
        numbers, decimal=decimal, thousands=thousands, n_decimals=n_decimals, is_ambiguous=False
    )
    return replace(facts, kind=kind, numbers=told)


def shared(one: Iterable[str], other: Iterable[str]) -> float:
    """Return the share of the first's distinct values that the second has too."""
    mine = set(one)
    return len(mine & set(other)) / len(mine) if mine else 0.0
