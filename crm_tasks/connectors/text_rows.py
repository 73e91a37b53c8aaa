"""Rows of text values as chunks: what is no clean text is refused row by row, with its content."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.landing.records import CONTROLS, RECORD_BYTES_AT_MOST, RefusedRecord
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"

TextRow = tuple[str | None, ...]


def text_chunk(
    rows: Sequence[tuple[int, TextRow]], names: Sequence[str], types: Mapping[str, str]
) -> Chunk:
    """Return numbered rows as a chunk; those that are no clean text refused.

    Reasons: ``E_ENCODING`` (bytes that are no text, kept by the reader as lone surrogates),
    ``E_RECORD_LENGTH`` (over 1 MiB), ``E_CONTROL_CHAR``.
    """
    refused: list[RefusedRecord] = []
    good: list[tuple[int, TextRow]] = []
    for number, row in rows:
        reason = _reason(row)
        if reason is None:
            good.append((number, row))
        else:
            raw = _raw(dict(zip(names, row, strict=True)))
            refused.append(RefusedRecord(number, 0, raw, reason))
    columns = list(zip(*(row for _, row in good), strict=True)) or [()] * len(names)
    arrays = {
        name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)
    }
    arrays[RECORD_NO] = pa.array([number for number, _ in good], pa.int64())
    arrays[BYTE_OFFSET] = pa.nulls(len(good), pa.int64())
    clean = without_controls(pa.table(arrays), names, types)
    ordered = sorted([*refused, *clean.refused], key=lambda record: record.record_no)
    return Chunk(clean.rows, tuple(ordered), columns=dict(types))


def _reason(row: TextRow) -> str | None:
    length = 0
    for text in row:
        if text is None:
            continue
        length += len(text)
        if not text.isascii():
            try:
                length += len(text.encode()) - len(text)
            except UnicodeEncodeError:
                return "E_ENCODING"
    return "E_RECORD_LENGTH" if length > RECORD_BYTES_AT_MOST else None


def _raw(row: dict[str, str | None]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape")


def without_controls(rows: pa.Table, texts: Sequence[str], types: Mapping[str, str]) -> Chunk:
    """Return the rows without those that carry control characters, which are refused."""
    columns = [rows.column(name) for name in texts]
    suspect = [column for column in columns if _may_hold_controls(column)]
    if not suspect:
        return Chunk(rows, columns=types)
    found = [pc.match_substring_regex(column, CONTROL).fill_null(False) for column in suspect]
    is_bad = functools.reduce(pc.or_, found)
    refused = tuple(
        RefusedRecord(row.pop(RECORD_NO), row.pop(BYTE_OFFSET) or 0, _raw(row), "E_CONTROL_CHAR")
        for row in rows.filter(is_bad).to_pylist()
    )
    return Chunk(rows.filter(pc.invert(is_bad)), refused, columns=types)


def _may_hold_controls(column: pa.ChunkedArray) -> bool:
    buffers = [chunk.buffers()[-1] for chunk in column.chunks]
    data = (buffer.to_pybytes() for buffer in buffers if buffer is not None)
    return any(len(part.translate(None, CONTROLS)) < len(part) for part in data)
