"""The content hash of a table: equal content, equal hash, whatever the file's bytes are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.sql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

ROWS_PER_BATCH = 100_000


def content_hash(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    key: Sequence[str] = (),
) -> tuple[int, str]:
    """Return the row count and sha256 over the rows as JSON lines, ordered by the key.

    JSON keeps texts apart whatever they contain and types apart from text; the key is unique, so
    there is one order. The lines are streamed: memory stays bounded by one batch.

    Parameters
    ----------
    source : str
        A table or query in parentheses, as SQL.
    key : sequence of str
        Columns to order by; none when the rows already lie in key order, as in a table that was
        filled in that order (DuckDB keeps insertion order). It saves half the time.
    """
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in columns)
    order = ", ".join(f"{quoted(name)} nulls first" for name in key)
    query = f"select to_json(struct_pack({packed})) || chr(10) as line from {source}"
    query += f" order by {order}" if order else ""
    digest = hashlib.sha256()
    rows = 0
    for batch in connection.sql(query).to_arrow_reader(ROWS_PER_BATCH):
        lines = batch.column(0)
        rows += len(lines)
        digest.update(_bytes_of(lines))
    return rows, digest.hexdigest()


def _bytes_of(lines: pa.Array) -> memoryview:
    """Return the concatenated UTF-8 of a text array without making one Python string per row."""
    if not len(lines):
        return memoryview(b"")
    text = lines.cast(pa.large_string())
    _, offsets, values = text.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)
    return memoryview(values)[int(ends[text.offset]) : int(ends[text.offset + len(text)])]
