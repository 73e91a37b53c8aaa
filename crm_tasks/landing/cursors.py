"""How far a table was read by its cursor, and which of its newest rows were landed already."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from crm_tasks.errors import LandingRefused

if TYPE_CHECKING:
    from crm_tasks.profiles.databases import Cursor

CursorKind = Literal["number", "time", "objectid", "text"]
NUMBERS = re.compile(r"int|serial|num|dec|real|double|float|year|^(tiny|short|long)", re.IGNORECASE)
TIMES = re.compile(r"date|time", re.IGNORECASE)
DATE_LENGTH = len("2024-05-01")
OBJECT_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True)
class Reached:
    """How far earlier batches of a table reached.

    ``low`` is where reading begins again; ``seen`` counts, by content, the rows from there on that
    were landed already.
    """

    high: str
    low: str
    type: str
    seen: Counter[bytes] = field(default_factory=Counter)


def cursor_kind(type_name: str, cursor: Cursor) -> CursorKind:
    """Return how values of a source's type are ordered.

    >>> from crm_tasks.profiles.databases import Cursor
    >>> cursor_kind("timestamp with time zone", Cursor(column="at"))
    'time'
    """
    if type_name.casefold() == "objectid":
        return "objectid"
    if TIMES.search(type_name) or isinstance(cursor.overlap, str):
        return "time"
    if "|" not in type_name and NUMBERS.search(type_name) and "interval" not in type_name.lower():
        return "number"
    return "text"


def comparable(text: str, kind: CursorKind) -> Any:
    """Return a cursor value in a form that compares as its source does.

    Raises
    ------
    LandingRefused
        ``E_CURSOR``: it is none of its kind.
    """
    try:
        if kind == "number":
            return Decimal(text)
        if kind == "time":
            moment = dt.datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (InvalidOperation, ValueError):
        raise LandingRefused(f"E_CURSOR: a value of the cursor column is no {kind}") from None
    return text


def lowered(high: str, kind: CursorKind, cursor: Cursor) -> str:
    """Return the value from which reading begins again: the highest one less the overlap.

    >>> from crm_tasks.profiles.databases import Cursor
    >>> lowered("2024-03-02 10:00:00", "time", Cursor(column="at", overlap="2 days"))
    '2024-02-29 10:00:00'
    >>> lowered("120", "number", Cursor(column="id", overlap=20))
    '100'

    Raises
    ------
    LandingRefused
        ``E_CURSOR``: the value has no place so far below, or text has an overlap.
    """
    if cursor.overlap == 0:
        return high
    try:
        if kind == "number" and isinstance(cursor.overlap, int):
            return str(comparable(high, kind) - cursor.overlap)
        if kind == "time":
            return _earlier(high, cursor.overlap_time)
        if kind == "objectid" and OBJECT_ID.fullmatch(high):
            seconds = max(0, int(high[:8], 16) - int(cursor.overlap_time.total_seconds()))
            return f"{seconds:08x}" + "0" * 16
    except (OverflowError, ValueError):
        pass
    raise LandingRefused(
        f"E_CURSOR: column {cursor.column} holds {kind}, which overlap {cursor.overlap!r} does not "
        "fit; give a number for numbers, '3 days' for times"
    )


def _earlier(high: str, by: dt.timedelta) -> str:
    if len(high) == DATE_LENGTH:
        return (dt.date.fromisoformat(high) - by).isoformat()
    mark = "Z" if high.endswith("Z") else ""
    moment = dt.datetime.fromisoformat(high.removesuffix("Z")) - by
    return moment.isoformat(sep=" ") + mark
