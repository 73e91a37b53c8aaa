"""How a column writes dates and times; day and month are told apart by evidence or not at all."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from crm_tasks.profiling.decisions import NOTHING, Remark
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What staging reads without a declaration.
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ISO_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?"
)
DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%Y", "%m.%d.%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d.%m.%y", "%m.%d.%y",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y年%m月%d日",
)  # fmt: skip
TIMES = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f",
    " %I:%M %p", " %I:%M:%S %p", " %H:%M%z", " %H:%M:%S%z", " %H:%M:%S %z", "T%H:%M:%S%z",
    "T%H:%M:%S.%f%z",
)  # fmt: skip
LONGEST = 40
FITS_AT_LEAST = 0.95
EARLIEST, LATEST = 1900, 2200
#: A column in which so many steps go one way is sorted; under the other reading it would not be.
SORTED_AT_LEAST, UNSORTED_BELOW, STEPS_AT_LEAST = 0.99, 0.9, 20


@dataclass(frozen=True)
class MomentFormat:
    """How moments are written.

    ``format`` is None where staging reads them as they stand. ``other`` is the format with day and
    month changed, where no value tells them apart: then ``format`` is no more than one of two.
    """

    format: str | None
    has_time: bool
    fit: float
    other: str | None = None
    remark: Remark = NOTHING


def propose_moments(values: Sequence[str], in_order: Sequence[str] = ()) -> MomentFormat | None:
    """Return how distinct values are written as dates or times, or None if they are none.

    Parameters
    ----------
    values : sequence of str
        Distinct values, without those that mean nothing.
    in_order : sequence of str
        Values in the order of the file: a file sorted by time shows what day and month are.
    """
    if not values or max(map(len, values)) > LONGEST:
        return None
    texts = [value.strip() for value in values]
    undeclared = _undeclared(texts)
    if undeclared is not None:
        return undeclared
    found = [read for pattern in _candidates(texts) if (read := _read(texts, pattern))]
    if not found:
        return None
    best = max(found, key=lambda read: read.fit)
    swapped = _swapped(str(best.format))
    rival = next((read for read in found if read.format == swapped), None)
    if rival is None or best.fit - rival.fit > 1 - FITS_AT_LEAST:
        return best
    if rival.fit < best.fit:
        return best
    return _told_apart(best, rival, [value.strip() for value in in_order])


def as_one_of(moments: MomentFormat, pattern: str) -> MomentFormat:
    """Return the reading that agrees with how another column of the file writes its dates."""
    is_day_first = pattern.find("%d") < pattern.find("%m")
    chosen = next(
        one
        for one in (moments.format, moments.other)
        if one and (one.find("%d") < one.find("%m")) == is_day_first
    )
    said = remark("moment_like_others", pattern=chosen)
    return _with(moments, chosen, None, said)


def _undeclared(texts: Sequence[str]) -> MomentFormat | None:
    dates = [text for text in texts if ISO_DATE.fullmatch(text)]
    times = [text for text in texts if ISO_TIME.fullmatch(text)]
    fit = (len(dates) + len(times)) / len(texts)
    if fit < FITS_AT_LEAST:
        return None
    days = [day for text in (*dates, *times) if (day := _day(text[:10], "%Y-%m-%d"))]
    if not days:
        return None
    return MomentFormat(None, bool(times), fit, remark=remark("moment_iso"))


def _candidates(texts: Sequence[str]) -> list[str]:
    """Return the formats that at least one of the first values fits."""
    probes = texts[:: max(1, len(texts) // 5)]
    patterns = [date + time for date, time in itertools.product(DATES, TIMES)]
    return [pattern for pattern in patterns if any(_day(probe, pattern) for probe in probes)]


def _read(texts: Sequence[str], pattern: str) -> MomentFormat | None:
    days = [day for text in texts if (day := _day(text, pattern))]
    fit = len(days) / len(texts)
    if fit < FITS_AT_LEAST:
        return None
    has_time = "%H" in pattern or "%I" in pattern
    said = remark("moment_declared", pattern=pattern)
    return MomentFormat(pattern, has_time, fit, remark=said)


def _day(text: str, pattern: str) -> dt.date | None:
    if not _shape(pattern).fullmatch(text):
        return None
    try:
        day = dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007 (only the day is used)
    except ValueError:
        return None
    return day if EARLIEST <= day.year < LATEST else None


@lru_cache(maxsize=1024)
def _shape(pattern: str) -> re.Pattern[str]:
    """Return what a text of a format looks like: far cheaper to ask than strptime.

    Days and months without a leading zero are read beside a separator only: eight digits are a
    date, seven are a number.
    """
    digits = r"\d{2}" if pattern.startswith("%Y%m%d") else r"\d{1,2}"
    shapes = {
        "Y": r"(?:19|20|21)\d{2}", "y": r"\d{2}", "m": digits, "d": digits, "H": r"\d{1,2}",
        "I": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}", "f": r"\d{1,6}", "p": "[AaPp][Mm]",
        "b": "[A-Za-z]{3,4}", "B": "[A-Za-z]{3,9}", "z": r"(?:Z|[+-]\d{2}:?\d{2})",
    }  # fmt: skip
    parts = re.split(r"%(.)", pattern)
    return re.compile(
        "".join(shapes[part] if i % 2 else re.escape(part) for i, part in enumerate(parts))
    )


def _swapped(pattern: str) -> str:
    return pattern.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _told_apart(one: MomentFormat, two: MomentFormat, in_order: Sequence[str]) -> MomentFormat:
    for read, other in ((one, two), (two, one)):
        is_sorted = _sorted_share(in_order, str(read.format)) >= SORTED_AT_LEAST
        if is_sorted and _sorted_share(in_order, str(other.format)) < UNSORTED_BELOW:
            said = read.remark + remark("moment_sorted", pattern=read.format)
            return _with(read, read.format, None, said)
    said = remark("moment_ambiguous", one=one.format, two=two.format)
    return _with(one, one.format, two.format, said)


def _sorted_share(in_order: Sequence[str], pattern: str) -> float:
    """Return the share of steps that go the file's way, 0 if there are too few."""
    days = [day for text in in_order if (day := _day(text, pattern))]
    steps = [(later > earlier) - (later < earlier) for earlier, later in itertools.pairwise(days)]
    steps = [step for step in steps if step]
    if len(steps) < STEPS_AT_LEAST:
        return 0.0
    return max(steps.count(1), steps.count(-1)) / len(steps)


def _with(
    moments: MomentFormat, pattern: str | None, other: str | None, said: Remark
) -> MomentFormat:
    return MomentFormat(pattern, moments.has_time, moments.fit, other, said)
