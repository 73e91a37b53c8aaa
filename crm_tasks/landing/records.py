"""Find the records of delimited text: where each begins, how many fields it has, what is wrong.

This scanner exists because no reader in reach loses nothing: DuckDB's drops over-long lines and
mis-assigns reordered headers, most others re-interpret quotes. It knows RFC 4180 only: a quote
toggles "inside", a doubled quote toggles twice, a line feed outside quotes ends a record. Every
record ends up in exactly one of three heaps: good, blank, refused with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt

from crm_tasks.errors import LandingRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 16 << 20
RECORD_BYTES_AT_MOST = 1 << 20
LINE_FEED, RETURN, QUOTE, TAB, SPACE = 10, 13, 34, 9, 32

Positions = npt.NDArray[np.int64]


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

    ``good`` holds the bytes of the good records one after another, ``offsets`` where each began in
    the file and ``record_nos`` its number, counted from 1 after the header over all records.
    """

    good: bytes
    offsets: Positions
    record_nos: Positions
    refused: tuple[RefusedRecord, ...]
    n_blank: int

    @property
    def n_records(self) -> int:
        return len(self.offsets) + len(self.refused) + self.n_blank


def scan_records(
    file: BinaryIO, delimiter: str, n_fields: int, start: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the records from byte ``start`` on, in blocks of bounded size.

    Raises
    ------
    LandingRefused
        ``E_QUOTE``: a record longer than 1 MiB, which is what a lone quote makes of a file.
    """
    file.seek(start)
    carried, offset, record_no = b"", start, 1
    while True:
        read = file.read(block_bytes)
        data = carried + read
        if not data:
            return
        ends = _record_ends(data, is_last=not read)
        cut = int(ends[-1]) if len(ends) else 0
        carried = data[cut:]
        if len(carried) > RECORD_BYTES_AT_MOST:
            raise LandingRefused(
                f"E_QUOTE: the record at byte {offset + cut} does not end within "
                f"{RECORD_BYTES_AT_MOST} bytes; a quote is left open there or before"
            )
        if cut:
            block = _sorted_out(data[:cut], ends, delimiter, n_fields, offset, record_no)
            record_no += block.n_records
            offset += cut
            yield block
        if not read:
            return


def _record_ends(data: bytes, *, is_last: bool) -> Positions:
    """Return the positions just behind each record."""
    text = np.frombuffer(data, dtype=np.uint8)
    feeds = np.flatnonzero(text == LINE_FEED)
    quotes = np.flatnonzero(text == QUOTE)
    is_outside = np.searchsorted(quotes, feeds) % 2 == 0
    ends = feeds[is_outside] + 1
    is_open = len(quotes) % 2 == 1
    if is_last and (not len(ends) or ends[-1] < len(data)):
        if is_open:
            raise LandingRefused("E_QUOTE: the file ends inside quotes")
        ends = np.append(ends, len(data))
    return np.asarray(ends, dtype=np.int64)


def _sorted_out(
    data: bytes, ends: Positions, delimiter: str, n_fields: int, offset: int, first_no: int
) -> Block:
    text = np.frombuffer(data, dtype=np.uint8)
    starts = np.concatenate(([0], ends[:-1])).astype(np.int64)
    is_blank = _blank(text, starts, ends)
    reasons = np.full(len(ends), "", dtype=object)
    reasons[_fields_per_record(text, starts, delimiter) != n_fields] = "E_FIELD_COUNT"
    reasons[_records_with_controls(text, starts)] = "E_CONTROL_CHAR"
    for index in _badly_encoded(data, starts, ends):
        reasons[index] = "E_ENCODING"
    is_refused = (reasons != "") & ~is_blank
    is_good = ~is_refused & ~is_blank
    numbers = np.arange(first_no, first_no + len(ends), dtype=np.int64)
    refused = tuple(
        RefusedRecord(
            int(numbers[i]), offset + int(starts[i]), data[starts[i] : ends[i]], str(reasons[i])
        )
        for i in np.flatnonzero(is_refused)
    )
    return Block(
        good=_joined(data, starts, ends, is_good),
        offsets=starts[is_good] + offset,
        record_nos=numbers[is_good],
        refused=refused,
        n_blank=int(is_blank.sum()),
    )


def _joined(data: bytes, starts: Positions, ends: Positions, keep: npt.NDArray[np.bool_]) -> bytes:
    if keep.all():
        return data
    lengths = (ends - starts).astype(np.int64)
    return np.frombuffer(data, dtype=np.uint8)[np.repeat(keep, lengths)].tobytes()


def _blank(
    text: npt.NDArray[np.uint8], starts: Positions, ends: Positions
) -> npt.NDArray[np.bool_]:
    is_white = (text == LINE_FEED) | (text == RETURN) | (text == SPACE) | (text == TAB)
    filled: Positions = np.add.reduceat((~is_white).astype(np.int64), starts)
    return np.asarray((filled == 0) & (ends > starts), dtype=np.bool_)


def _fields_per_record(text: npt.NDArray[np.uint8], starts: Positions, delimiter: str) -> Positions:
    quotes = np.flatnonzero(text == QUOTE)
    separators = np.flatnonzero(text == ord(delimiter))
    outside = separators[np.searchsorted(quotes, separators) % 2 == 0]
    records = np.searchsorted(starts, outside, side="right") - 1
    counted = np.bincount(records, minlength=len(starts)) + 1
    return counted.astype(np.int64)


def _records_with_controls(text: npt.NDArray[np.uint8], starts: Positions) -> Positions:
    allowed = (text == LINE_FEED) | (text == RETURN) | (text == TAB)
    controls = np.flatnonzero((text < SPACE) & ~allowed)
    return np.unique(np.searchsorted(starts, controls, side="right") - 1)


def _badly_encoded(data: bytes, starts: Positions, ends: Positions) -> list[int]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return [i for i in range(len(ends)) if not _is_utf8(data[starts[i] : ends[i]])]
    return []


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
