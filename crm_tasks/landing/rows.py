"""Split a source table's text into what the lake may carry and what only the vault may hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.privacy.tokens import tokenise, tokenise_lists

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from crm_tasks.landing.records import RefusedRecord
    from crm_tasks.profiles import SourceTable

RECORD_NO, BYTE_OFFSET = "record_no", "byte_offset"


@dataclass(frozen=True)
class Chunk:
    """Some records of a file as text.

    ``rows`` has the profile's columns as text plus ``record_no`` and ``byte_offset`` (NULL where
    the format has none). ``columns`` are the file's own columns and types so far, ``notes`` what
    is odd about the file and does no harm.
    """

    rows: pa.Table
    refused: tuple[RefusedRecord, ...] = ()
    n_blank: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BatchOrigin:
    """What every row of a batch says about where it came from."""

    batch_id: str
    source_file_sha256: str
    extracted_at: dt.datetime


def lake_rows(chunk: Chunk, table: SourceTable, origin: BatchOrigin, token_key: bytes) -> pa.Table:
    """Return the rows the lake keeps: plain columns, tokens for identifying ones, metadata."""
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name in table.text_columns:
        values = chunk.rows.column(name)
        if name in table.identifying:
            given = _without_null_tokens(values, table.null_tokens)
            made = tokenise_lists if name in table.lists else tokenise
            tokens, statuses = made(given, table.identifying[name], token_key)
            columns[f"{name}_token"], columns[f"{name}_status"] = tokens, statuses
        else:
            columns[name] = values
    n = chunk.rows.num_rows
    metadata = {
        "source_file_sha256": pa.repeat(pa.scalar(origin.source_file_sha256), n),
        BYTE_OFFSET: chunk.rows.column(BYTE_OFFSET),
        RECORD_NO: chunk.rows.column(RECORD_NO),
        "extracted_at": pa.repeat(pa.scalar(origin.extracted_at, pa.timestamp("us")), n),
        "batch_id": pa.repeat(pa.scalar(origin.batch_id), n),
    }
    return pa.table({**columns, **metadata})


def no_rows(table: SourceTable) -> Chunk:
    """Return a chunk without any record."""
    texts = {name: pa.array([], pa.string()) for name in table.text_columns}
    numbers = {name: pa.array([], pa.int64()) for name in (RECORD_NO, BYTE_OFFSET)}
    return Chunk(pa.table({**texts, **numbers}))


def _without_null_tokens(values: pa.ChunkedArray, tokens: tuple[str, ...]) -> pa.ChunkedArray:
    is_missing = pc.is_in(values, value_set=pa.array(tokens, pa.string()))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), values)


def vault_rows(chunk: Chunk, table: SourceTable) -> dict[str, pa.Table]:
    """Return, per identifying column, its values by record number."""
    return {
        name: pa.table({RECORD_NO: chunk.rows.column(RECORD_NO), "value": chunk.rows.column(name)})
        for name in table.identifying
    }


def refused_rows(chunk: Chunk) -> pa.Table:
    """Return the refused records with their raw bytes, for the vault."""
    return pa.table(
        {
            RECORD_NO: pa.array([record.record_no for record in chunk.refused], pa.int64()),
            "raw": pa.array([record.raw for record in chunk.refused], pa.binary()),
        }
    )
