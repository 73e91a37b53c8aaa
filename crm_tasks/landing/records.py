"""Find the records of delimited text: where each begins, how many fields it has, what is wrong.

This scanner exists because no reader in reach loses nothing: DuckDB's drops over-long lines and
mis-assigns reordered headers, most others re-interpret quotes. It knows RFC 4180 and what a profile
may declare beside it: a quote opens a field only where the field begins, a doubled quote stands for
one, a line end (LF, CRLF or CR) outside quotes ends a record. Every record ends up in exactly one
of three heaps: good, blank, refused with a reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from crm_tasks.errors import LandingRefused
from crm_tasks.landing.encodings import Encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 8 << 20
RECORD_BYTES_AT_MOST = 1 << 20
#: A record that has not ended by then is no record but the work of an open quote.
OPEN_BYTES_AT_MOST = 32 << 20
LINE_FEED, RETURN = 10, 13
CONTROLS = bytes(c for c in range(32) if c not in (9, LINE_FEED, RETURN))
LINE_END = re.compile(rb"\r\n|\n|\r")

NO_FINAL_LINE_END = "no line end after the last record"
MIXED_LINE_ENDS = "line ends of several kinds"

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


class Readable(Protocol):
    """What a scanner reads: a binary stream, from its current place on."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Dialect:
    """How delimited text is written; ``quote`` and ``escape`` are empty where there is none."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    encoding: Encoding = field(default_factory=Encoding)


@dataclass(frozen=True)
class RefusedRecord:
    """A record that cannot become a row: its place in the file, raw bytes and reason code."""

    record_no: int
    byte_offset: int
    raw: bytes
    reason: str


@dataclass(frozen=True)
class Block:
    """A run of whole records.

    ``good`` holds the good records one after another as UTF-8, ``offsets`` where each began in
    the file and ``record_nos`` its number, counted from 1 after the header over all records.
    """

    good: bytes
    offsets: Positions
    record_nos: Positions
    refused: tuple[RefusedRecord, ...]
    n_blank: int
    notes: frozenset[str] = frozenset()

    @property
    def n_records(self) -> int:
        return len(self.offsets) + len(self.refused) + self.n_blank


@dataclass(frozen=True)
class _Marks:
    """What stands where in some text: record ends, delimiters per record, broken quotes."""

    ends: Positions
    n_fields: Positions
    breaks: Positions
    is_open: bool


def scan_records(
    file: Readable, dialect: Dialect, n_fields: int, start: int = 0, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the records from the stream's place on, in blocks of bounded size.

    Parameters
    ----------
    file : readable
        Stands at the first record; text that is no superset of ASCII comes as UTF-8.
    start : int
        Where in the original file that is.

    Raises
    ------
    LandingRefused
        ``E_QUOTE``: a quote left open has swallowed other records.
    """
    carried, offset, record_no = b"", start, 1
    while True:
        read = file.read(block_bytes)
        data = carried + read
        if not data:
            return
        marks = _marks(data, dialect, is_last=not read)
        cut = int(marks.ends[-1]) if len(marks.ends) else 0
        if len(data) - cut > OPEN_BYTES_AT_MOST:
            raise LandingRefused(
                f"E_QUOTE: the record at byte {offset + cut} does not end within "
                f"{OPEN_BYTES_AT_MOST >> 20} MiB; a quote is left open there or before"
            )
        if marks.is_open and not read:
            raise LandingRefused("E_QUOTE: the file ends inside quotes")
        carried = data[cut:]
        if cut:
            block = _sorted_out(data[:cut], marks, dialect, n_fields, offset, record_no)
            record_no += block.n_records
            offset += dialect.encoding.original_length(data[:cut])
            yield block
        if not read:
            return


def first_record(data: bytes, dialect: Dialect) -> bytes | None:
    """Return the first record of ``data`` with its line end, or None if it does not end there."""
    ends = _marks(data, dialect, is_last=False).ends
    return data[: ends[0]] if len(ends) else None


def _marks(data: bytes, dialect: Dialect, *, is_last: bool) -> _Marks:
    shown = _shown(data, dialect.escape)
    text = np.frombuffer(shown, dtype=np.uint8)
    if b"\r" in shown:
        text = _with_returns_as_feeds(text, is_last=is_last)
    delimiter, quote = ord(dialect.delimiter), ord(dialect.quote or "\n")
    is_special = (text == LINE_FEED) | (text == delimiter)
    if dialect.quote and quote in shown:
        special = np.flatnonzero(is_special | (text == quote))
        kinds = text[special]
        is_quote = kinds == quote
        toggles, breaks = _toggles(text, special, is_quote, delimiter)
        # Counting modulo 256 keeps what matters: whether the number is odd.
        is_inside = (np.cumsum(toggles.view(np.uint8), dtype=np.uint8) & 1).view(np.bool_)
        is_open = bool(is_inside[-1])
        outside = np.flatnonzero(~(is_inside | is_quote))
        special, kinds = special[outside], kinds[outside]
    else:
        special = np.flatnonzero(is_special)
        kinds, breaks, is_open = text[special], np.empty(0, np.int64), False
    # Of delimiters and ends in one list, as many stand from end to end as a record has fields.
    at = np.flatnonzero(kinds == LINE_FEED)
    ends = special[at] + 1
    if is_last and (not len(ends) or ends[-1] < len(data)):
        ends, at = np.append(ends, len(data)), np.append(at, len(kinds))
    return _Marks(ends, np.diff(at, prepend=-1), breaks, is_open)


def _shown(data: bytes, escape: str) -> bytes:
    """Return the text with escaped characters made harmless, byte for byte as long."""
    if not escape or escape.encode() not in data:
        return data
    return re.sub(re.escape(escape.encode()) + rb"[\s\S]", b"xx", data)


def _with_returns_as_feeds(text: Bytes, *, is_last: bool) -> Bytes:
    """Return the text with each lone CR as LF; what follows a CR at the end is not known yet."""
    returns = np.flatnonzero(text == RETURN)
    at_end = returns[-1] == len(text) - 1
    inner = returns[:-1] if at_end else returns
    lone = inner[text[inner + 1] != LINE_FEED]
    if at_end and is_last:
        lone = np.append(lone, returns[-1])
    if not len(lone):
        return text
    copied = text.copy()
    copied[lone] = LINE_FEED
    return copied


def _toggles(
    text: Bytes, special: Positions, is_quote: Flags, delimiter: int
) -> tuple[Flags, Positions]:
    """Return which special characters open or close quotes; where text follows a closed one."""
    quotes = special[is_quote]
    openers, closers = quotes[0::2], quotes[1::2]
    before = text[np.maximum(openers - 1, 0)]
    after = text[np.minimum(closers + 1, len(text) - 1)]
    quote = text[quotes[0]]
    may_open = _is_one_of(before, delimiter, LINE_FEED, quote) | (openers == 0)
    may_close = _is_one_of(after, delimiter, LINE_FEED, RETURN, quote) | (closers == len(text) - 1)
    if may_open.all() and may_close.all():
        return is_quote, np.empty(0, np.int64)
    kept, breaks = _walk_quotes(text, quotes, delimiter)
    toggles = np.zeros(len(special), dtype=np.bool_)
    toggles[np.searchsorted(special, kept)] = True
    return toggles, breaks


def _is_one_of(values: Bytes, *wanted: int) -> Flags:
    found: Flags = values == wanted[0]
    for value in wanted[1:]:
        found |= values == value
    return found


def _walk_quotes(text: Bytes, quotes: Positions, delimiter: int) -> tuple[Positions, Positions]:
    """Go through the quotes one by one: only one at the start of a field opens it."""
    data, quote = text.tobytes(), int(text[quotes[0]])
    opens = {delimiter, LINE_FEED}
    closes = {delimiter, LINE_FEED, RETURN}
    kept: list[int] = []
    breaks: list[int] = []
    is_inside, skipped = False, -1
    for at in quotes.tolist():
        following = data[at + 1] if at + 1 < len(data) else LINE_FEED
        if at == skipped:
            continue
        if not is_inside:
            is_inside = at == 0 or data[at - 1] in opens
            kept += [at] if is_inside else []
        elif following == quote:
            skipped = at + 1
        else:
            is_inside = False
            kept.append(at)
            breaks += [] if following in closes else [at]
    return np.array(kept, np.int64), np.array(breaks, np.int64)


def _sorted_out(
    data: bytes, marks: _Marks, dialect: Dialect, n_fields: int, offset: int, first_no: int
) -> Block:
    ends = marks.ends
    starts = np.concatenate(([0], ends[:-1])).astype(np.int64)
    reasons = _reasons(data, marks, starts, dialect, n_fields)
    blank = _blank(data, starts, ends)
    reasons.update(dict.fromkeys(blank, ""))
    is_good = np.ones(len(ends), dtype=np.bool_)
    is_good[list(reasons)] = False
    bad = sorted(index for index, reason in reasons.items() if reason)
    original = dialect.encoding.original_offsets(data, starts) + offset
    refused = tuple(
        RefusedRecord(
            first_no + i,
            int(original[i]),
            dialect.encoding.original(data[starts[i] : ends[i]]),
            reasons[i],
        )
        for i in bad
    )
    for i in bad:
        if reasons[i] in ("E_FIELD_COUNT", "E_QUOTE"):
            _refuse_swallowed(data[starts[i] : ends[i]], dialect, n_fields, int(original[i]))
    return Block(
        good=dialect.encoding.as_utf8(_joined(data, starts, ends, is_good)),
        offsets=original[is_good],
        record_nos=np.arange(first_no, first_no + len(ends), dtype=np.int64)[is_good],
        refused=refused,
        n_blank=len(blank),
        notes=_notes(data),
    )


def _reasons(
    data: bytes, marks: _Marks, starts: Positions, dialect: Dialect, n_fields: int
) -> dict[int, str]:
    """Return why records cannot be rows, by index; the last reason found is the one told."""
    found: dict[int, str] = {}

    def note(indices: Positions | list[int], reason: str) -> None:
        found.update(dict.fromkeys(map(int, indices), reason))

    note(np.flatnonzero(marks.n_fields != n_fields), "E_FIELD_COUNT")
    breaks = marks.breaks[marks.breaks < len(data)]
    note(np.searchsorted(starts, breaks, side="right") - 1, "E_QUOTE")
    if len(data.translate(None, CONTROLS)) < len(data):
        text = np.frombuffer(data, dtype=np.uint8)
        controls = np.flatnonzero(np.isin(text, np.frombuffer(CONTROLS, dtype=np.uint8)))
        note(np.searchsorted(starts, controls, side="right") - 1, "E_CONTROL_CHAR")
    if not dialect.encoding.is_valid(data):
        spans = enumerate(zip(starts.tolist(), marks.ends.tolist(), strict=True))
        valid = dialect.encoding.is_valid
        note([i for i, (start, end) in spans if not valid(data[start:end])], "E_ENCODING")
    note(np.flatnonzero(marks.ends - starts > RECORD_BYTES_AT_MOST), "E_RECORD_LENGTH")
    return found


def _refuse_swallowed(raw: bytes, dialect: Dialect, n_fields: int, offset: int) -> None:
    """Raise if a broken record of several lines holds a line that is a record of its own."""
    delimiter = dialect.delimiter.encode()
    lines = LINE_END.split(raw.rstrip(b"\r\n"))[1:]
    if n_fields > 1 and any(line.count(delimiter) == n_fields - 1 for line in lines):
        raise LandingRefused(
            f"E_QUOTE: the record at byte {offset} holds other records; a quote is left open there"
        )


def _blank(data: bytes, starts: Positions, ends: Positions) -> list[int]:
    """Return the records of nothing but white space, found by how they begin."""
    first = np.frombuffer(data, dtype=np.uint8)[starts]
    candidates = np.flatnonzero(first <= ord(" "))
    return [int(i) for i in candidates if not data[starts[i] : ends[i]].strip(b" \t\r\n")]


def _joined(data: bytes, starts: Positions, ends: Positions, keep: Flags) -> bytes:
    if keep.all():
        return data
    lengths = (ends - starts).astype(np.int64)
    return np.frombuffer(data, dtype=np.uint8)[np.repeat(keep, lengths)].tobytes()


def _notes(data: bytes) -> frozenset[str]:
    notes = set()
    if not data.endswith((b"\n", b"\r")):
        notes.add(NO_FINAL_LINE_END)
    returns = data.count(b"\r")
    if returns and not data.count(b"\r\n") == returns == data.count(b"\n"):
        both = data.count(b"\r\n")
        feeds = data.count(b"\n")
        if sum((both > 0, returns > both, feeds > both)) > 1:
            notes.add(MIXED_LINE_ENDS)
    return frozenset(notes)
