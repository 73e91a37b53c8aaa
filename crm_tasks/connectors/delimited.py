"""Delimited text, record by record: CSV, TSV and their relatives, in any declared dialect."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv

from crm_tasks.connectors.columns import check_columns, in_declared_order
from crm_tasks.connectors.preflight import found_instead
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.encodings import Encoding, Utf16AsUtf8
from crm_tasks.landing.records import Block, Dialect, Readable, first_record, scan_records
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.profiles import SourceTable

HEADER_BYTES_AT_MOST = 1 << 20
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
DISGUISES = {b"<": "an HTML or XML page", b"{": "JSON", b"[": "JSON"}


def read_delimited(file: BinaryIO, table: SourceTable, name: str) -> Iterator[Chunk]:
    """Yield the records of a stream of delimited text in bounded chunks.

    Raises
    ------
    LandingRefused
        The file as a whole is not what the profile says; the message begins with a reason code.
    """
    stream, dialect, start = decoded(file, table, name)
    head = stream.read(HEADER_BYTES_AT_MOST)
    header, skipped = _header(head, dialect, table, name)
    columns = dict.fromkeys(header, "text")
    start += dialect.encoding.original_length(head[:skipped])
    rest = _Continued(head[skipped:], stream)
    for block in scan_records(rest, dialect, len(header), start):
        rows = _parsed(block, header, dialect, table, name)
        yield Chunk(rows, block.refused, block.n_blank, columns, block.notes)


def decoded(file: BinaryIO, table: SourceTable, name: str) -> tuple[Readable, Dialect, int]:
    """Return a stream a scanner can read, its dialect, and how many bytes its mark took.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: the content is something else; ``E_ENCODING``: its byte order mark says so.
    """
    head = file.read(64)
    kind = found_instead(head)
    if kind is not None:
        raise LandingRefused(f"E_TYPE: {name} is {kind}, the profile says {table.format}")
    mark = next((mark for mark in BYTE_ORDER_MARKS if head.startswith(mark)), b"")
    declared = table.encoding
    marked = BYTE_ORDER_MARKS.get(mark)
    if marked and marked != declared and not (declared == "utf-16" and marked != "utf-8"):
        raise LandingRefused(f"E_ENCODING: {name} is {marked}, the profile says {declared}")
    encoding = (marked or "utf-16-le") if declared == "utf-16" else declared
    dialect = Dialect(table.delimiter, table.quote, table.escape, Encoding(encoding))
    stream: Readable = _Continued(head[len(mark) :], file)
    if dialect.encoding.is_utf16:
        stream = Utf16AsUtf8(stream, encoding)
    return stream, dialect, len(mark)


class _Continued:
    """A stream some bytes of which were read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int, /) -> bytes:
        """Return ``size`` more bytes or so, b'' at the end only."""
        given, self.head = self.head[:size], self.head[size:]
        return given + self.rest.read(size - len(given)) if len(given) < size else given


def _header(head: bytes, dialect: Dialect, table: SourceTable, name: str) -> tuple[list[str], int]:
    """Return the header's names and how many bytes it takes."""
    for mark, kind in DISGUISES.items():
        if head.lstrip().startswith(mark):
            raise LandingRefused(f"E_TYPE: {name} is {kind}, the profile says csv")
    if not head:
        raise LandingRefused(f"E_EMPTY: table {table.name}: {name} holds nothing")
    if not table.has_header:
        return list(table.columns), 0
    line = first_record(head, dialect)
    if line is None and len(head) == HEADER_BYTES_AT_MOST:
        raise LandingRefused(f"E_HEADER: {name}: the header does not end within 1 MiB")
    line = head if line is None else line
    if not dialect.encoding.is_valid(line):
        raise LandingRefused(f"E_ENCODING: {name}: the header is not {table.encoding}")
    names = _fields(dialect.encoding.as_utf8(line).decode(), dialect)
    check_columns(names, table, name)
    return names, len(line)


def _fields(line: str, dialect: Dialect) -> list[str]:
    reader = csv.reader(
        [line.rstrip("\r\n")],
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
    )
    try:
        return next(reader, [])
    except csv.Error:
        raise LandingRefused("E_HEADER: the header is no record of this dialect") from None


def _parsed(
    block: Block, header: list[str], dialect: Dialect, table: SourceTable, name: str
) -> pa.Table:
    n = len(block.offsets)
    if n == 0:
        rows = pa.table({name: pa.array([], pa.string()) for name in table.columns})
    else:
        rows = in_declared_order(_parse_good_records(block.good, header, dialect, name), table)
    if rows.num_rows != n:
        raise LandingRefused(
            f"E_COUNT: {name}: {n} records were found but {rows.num_rows} could be read"
        )
    rows = rows.append_column(RECORD_NO, pa.array(block.record_nos))
    return rows.append_column(BYTE_OFFSET, pa.array(block.offsets))


def _parse_good_records(good: bytes, header: list[str], dialect: Dialect, name: str) -> pa.Table:
    try:
        return pacsv.read_csv(
            io.BytesIO(good),
            read_options=pacsv.ReadOptions(
                column_names=header, use_threads=False, block_size=len(good) + 1
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                escape_char=dialect.escape or False,
                newlines_in_values=True,
                ignore_empty_lines=False,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise LandingRefused(f"E_DIALECT: {name}: quotes and delimiters do not fit") from None
