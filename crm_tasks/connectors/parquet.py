"""Parquet files as text, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm_tasks.connectors.columns import check_columns, in_declared_order
from crm_tasks.connectors.text_rows import without_controls
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.landing.rows import Chunk
    from crm_tasks.profiles import SourceTable

MAGIC = b"PAR1"
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
        texts = [column for column in types if "string" in types[column]]
        yield without_controls(pa.table(columns), texts, types)


def _as_text(values: pa.Array, column: str, name: str) -> pa.Array:
    try:
        return pc.cast(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        message = f"E_TYPE: {name}, column {column}: {values.type} has no text form"
        raise LandingRefused(message) from None
