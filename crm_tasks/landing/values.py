"""How a source writes numbers, dates and yes/no, as SQL that turns them into one canonical form.

The landing views speak the warehouse's SQL; the staging models after them see 1234.50, ISO dates
and times, true and false, whatever the source wrote. A value that does not fit its declaration gets
a mark in front, so that staging refuses it instead of reading it as something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.contracts.entities import Kind
    from crm_tasks.profiles.model import SourceTable, ValueFormats

#: In front of a value that does not fit: no number, date or yes/no begins with it.
UNFIT = "!"
FULL_WIDTH = "０１２３４５６７８９．，＋－（）％　\u00a0"  # noqa: RUF001
PLAIN_WIDTH = "0123456789.,+-()%  "
OFFSET_AT_END = "[0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
TIMES_IN_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d")


def canonical(text: str, kind: Kind, column: str, table: SourceTable) -> str:
    """Return SQL for a column's text in canonical form.

    Parameters
    ----------
    text : str
        SQL of the column as landed; NULL stays NULL.
    kind : str
        What staging will read it as.
    """
    formats = table.formats_of(column)
    if table.format == "parquet" and formats == type(formats)():
        return text  # typed in the file
    if kind in ("integer", "decimal", "decimal4", "number"):
        return _number(text, formats)
    if kind in ("timestamp", "date"):
        return _moment(text, kind, formats, is_workbook=table.format == "xlsx")
    if kind == "boolean" and (formats.true_words or formats.false_words):
        return _yes_or_no(text, formats)
    return text


def _number(text: str, formats: ValueFormats) -> str:
    """Digits of any width; then thousands, decimal mark, sign and currency as declared."""
    narrow = f"trim(translate({text}, {literal(FULL_WIDTH)}, {literal(PLAIN_WIDTH)}))"
    is_plain = (formats.decimal, formats.thousands) == (".", "")
    if is_plain and not formats.currency and not formats.negative_in_parentheses:
        return narrow
    bare = f"trim({_without(narrow, formats.currency)})"
    digits = f"replace({bare}, {literal(formats.thousands)}, '')" if formats.thousands else bare
    value = f"replace({digits}, ',', '.')" if formats.decimal == "," else digits
    pattern = f"^[+-]?{_whole(formats.thousands)}({re.escape(formats.decimal)}[0-9]+)?$"
    cases = [f"when regexp_matches({bare}, {literal(pattern)}) then {value}"]
    if formats.negative_in_parentheses:
        inner = pattern.replace("[+-]?", r"\(", 1).removesuffix("$") + r"\)$"
        minus = f"'-' || replace(replace({value}, '(', ''), ')', '')"
        cases.append(f"when regexp_matches({bare}, {literal(inner)}) then {minus}")
    return _case(text, cases)


def _whole(thousands: str) -> str:
    if not thousands:
        return "[0-9]+"
    return f"([0-9]+|[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+)"


def _without(text: str, signs: Sequence[str]) -> str:
    """Return SQL that takes one declared currency sign off either end."""
    if not signs:
        return text
    either = "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))
    behind = f"regexp_replace({text}, {literal(f' ?({either})$')}, '')"
    return f"regexp_replace({behind}, {literal(f'^([+-]?)({either}) ?')}, '\\1')"


def _moment(text: str, kind: Kind, formats: ValueFormats, *, is_workbook: bool) -> str:
    declared = [formats.timestamp, formats.date] if kind == "timestamp" else [formats.date]
    patterns = [pattern for pattern in declared if pattern]
    zone = formats.time_zone if kind == "timestamp" else None
    if not patterns and zone is None:
        return text
    if is_workbook:  # cells that are dates come in ISO form, whatever is declared for text
        patterns += TIMES_IN_ISO
    given = f"trim({text})"
    if not patterns:
        return _in_zone(text, given, f"try_cast({given} as timestamp)", str(zone))
    parsed = f"try_strptime({given}, [{', '.join(map(literal, patterns))}])"
    if any("%z" in pattern for pattern in patterns):
        parsed = f"cast({parsed} as timestamptz) at time zone 'UTC'"
        written = f"strftime({parsed}, '%Y-%m-%d %H:%M:%S.%f') || 'Z'"
        return _case(text, [f"when {parsed} is not null then {written}"])
    if kind == "date":
        written = f"strftime({parsed}, '%Y-%m-%d')"
        return _case(text, [f"when {parsed} is not null then {written}"])
    if zone is not None:
        return _in_zone(text, given, parsed, zone)
    written = f"strftime({parsed}, '%Y-%m-%d %H:%M:%S.%f')"
    return _case(text, [f"when {parsed} is not null then {written}"])


def _in_zone(text: str, given: str, parsed: str, zone: str) -> str:
    """Return SQL for a wall-clock time of a zone in UTC; a time that names its offset keeps it."""
    utc = f"({parsed} at time zone {literal(zone)}) at time zone 'UTC'"
    has_offset = f"regexp_matches({given}, {literal(OFFSET_AT_END)})"
    cases = [
        f"when {has_offset} then {text}",
        f"when {parsed} is not null then strftime({utc}, '%Y-%m-%d %H:%M:%S.%f') || 'Z'",
    ]
    return _case(text, cases)


def _yes_or_no(text: str, formats: ValueFormats) -> str:
    answers = (("'true'", formats.true_words), ("'false'", formats.false_words))
    lists = {answer: ", ".join(literal(w.lower()) for w in words) for answer, words in answers}
    cases = [
        f"when lower(trim({text})) in ({words}) then {answer}"
        for answer, words in lists.items()
        if words
    ]
    return _case(text, cases)


def _case(text: str, cases: Sequence[str]) -> str:
    """Return the first case that holds; blank text stays as it is, anything else is marked."""
    empty = f"when trim({text}) = '' then {text}"
    marked = f"when {text} is not null then {literal(UNFIT)} || {text}"
    return f"case {empty} {' '.join(cases)} {marked} end"


def literal(value: object) -> str:
    """Return a value as an SQL text literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"
