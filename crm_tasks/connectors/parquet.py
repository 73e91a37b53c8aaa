"""Parquet files as text, row by row."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_tasks.connectors.columns import check_columns, in_declared_order
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import CONTROLS, RefusedRecord
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.profiles import SourceTable

MAGIC = b"PAR1"
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
ROWS_PER_CHUNK = 65_536


def read_parquet(file: BinaryIO, table: SourceTable, name: str) -> Iterator[Chunk]:
    """Yield the rows of a Parquet file as text.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: not a whole Parquet file, or a column without text form; ``E_HEADER``.
    """
    broken = LandingRefused(f"E_TYPE: {name} is not a readable Parquet file")
    try:
        if file.read(len(MAGIC)) != MAGIC:
            raise broken
        file.seek(0)
        parquet = pq.ParquetFile(file)
    except (pa.ArrowException, OSError):
        raise broken from None
    schema = parquet.schema_arrow
    check_columns(schema.names, table, name)
    types = {field.name: str(field.type) for field in schema}
    batches = parquet.iter_batches(ROWS_PER_CHUNK)
    record_no = 1
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError):
            raise broken from None
        if batch is None:
            return
        given = [column for column in table.columns if column in types]
        texts = pa.table({column: _as_text(batch.column(column), column, name) for column in given})
        columns = dict(zip(table.columns, in_declared_order(texts, table).columns, strict=True))
        n = batch.num_rows
        columns[RECORD_NO] = pa.array(range(record_no, record_no + n), pa.int64())
        columns[BYTE_OFFSET] = pa.nulls(n, pa.int64())
        record_no += n
        yield _without_controls(pa.table(columns), types)


def _without_controls(rows: pa.Table, types: dict[str, str]) -> Chunk:
    """Return the rows without those that carry control characters, which are refused."""
    texts = [rows.column(name) for name in types if "string" in types[name]]
    suspect = [column for column in texts if _may_hold_controls(column)]
    if not suspect:
        return Chunk(rows, columns=types)
    found = [pc.match_substring_regex(column, CONTROL).fill_null(False) for column in suspect]
    is_bad = functools.reduce(pc.or_, found)
    refused = tuple(
        RefusedRecord(
            row.pop(RECORD_NO),
            row.pop(BYTE_OFFSET) or 0,
            json.dumps(row, ensure_ascii=False).encode(),
            "E_CONTROL_CHAR",
        )
        for row in rows.filter(is_bad).to_pylist()
    )
    return Chunk(rows.filter(pc.invert(is_bad)), refused, columns=types)


def _may_hold_controls(column: pa.ChunkedArray) -> bool:
    buffers = [chunk.buffers()[-1] for chunk in column.chunks]
    data = (buffer.to_pybytes() for buffer in buffers if buffer is not None)
    return any(len(part.translate(None, CONTROLS)) < len(part) for part in data)


def _as_text(values: pa.Array, column: str, name: str) -> pa.Array:
    try:
        return pc.cast(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        message = f"E_TYPE: {name}, column {column}: {values.type} has no text form"
        raise LandingRefused(message) from None
