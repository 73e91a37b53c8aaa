"""Bounded samples of files, for a proposal of how to read them; records by the real readers."""

from __future__ import annotations

import io
import itertools
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.connectors.delimited import read_delimited
from crm_tasks.connectors.excel import read_excel
from crm_tasks.connectors.json_files import read_json
from crm_tasks.connectors.parquet import read_parquet
from crm_tasks.connectors.preflight import Limits, fingerprint, opened, opened_raw
from crm_tasks.errors import LandingRefused
from crm_tasks.profiles import SourceTable
from crm_tasks.profiling.containers import packed_by
from crm_tasks.profiling.samples import RawSample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from crm_tasks.landing.records import Dialect
    from crm_tasks.landing.rows import Chunk

PART_BYTES = 1 << 20
#: JSON that is one document is looked at whole, up to here.
DOCUMENT_BYTES = 32 << 20
ROWS_PER_PART = 20_000
ROWS_AT_MOST = 3 * ROWS_PER_PART


@dataclass(frozen=True)
class SampledFile:
    """A file's beginning, middle and end, unpacked."""

    path: Path
    packed_by: str
    raw: RawSample


def sample_file(path: Path, limits: Limits, part_bytes: int = PART_BYTES) -> SampledFile:
    """Return a bounded sample of a file's content.

    Raises
    ------
    LandingRefused
        Not a regular file, too large, or packed and broken; the message begins with a reason code.
    """
    fingerprint(path, limits)
    with opened_raw(path) as file:
        head = file.read(4)
        members = _members(file) if head.startswith(b"PK") else ()
    packing = packed_by(head, members)
    with opened(path, packing, limits) as content:
        return SampledFile(path, packing, _parts(content, part_bytes))


def document(path: Path, packing: str, limits: Limits) -> bytes:
    """Return the content of a JSON document, up to a bound."""
    with opened(path, packing, limits) as content:
        return content.read(DOCUMENT_BYTES)


def sheet_headers(path: Path, packing: str, limits: Limits) -> dict[str, list[str]]:
    """Return the first row of each sheet of a workbook that has one, by the sheet's name.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: no readable workbook.
    """
    import openpyxl

    with opened(path, packing, limits) as content:
        whole = io.BytesIO(content.read())
    try:
        workbook = openpyxl.load_workbook(whole, read_only=True, data_only=True)
        found = {}
        for sheet in workbook.worksheets:
            first = next(sheet.iter_rows(values_only=True), ())
            names = ["" if cell is None else str(cell) for cell in first]
            while names and not names[-1]:
                names.pop()
            if names:
                found[sheet.title] = names
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise LandingRefused(f"E_TYPE: {path.name} is not a readable Excel workbook") from None
    return found


def parquet_columns(path: Path, packing: str, limits: Limits) -> list[str]:
    """Return the names of a Parquet file's columns.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: not a whole Parquet file.
    """
    with opened(path, packing, limits) as content:
        try:
            return list(pq.ParquetFile(content).schema_arrow.names)
        except (pa.ArrowException, OSError):
            raise LandingRefused(f"E_TYPE: {path.name} is not a readable Parquet file") from None


def delimited_rows(text: bytes, dialect: Dialect, n_fields: int, name: str) -> pa.Table:
    """Return sampled delimited text (UTF-8) as records, a header among them, by the real reader."""
    table = _table(
        name,
        "csv",
        [f"c{number}" for number in range(n_fields)],
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        has_header=False,
    )
    return _rows(read_delimited(io.BytesIO(text), table, name), table)


def json_rows(text: bytes, table: SourceTable, name: str) -> pa.Table:
    """Return sampled JSON as records."""
    return _rows(read_json(io.BytesIO(text), table, name), table)


def parquet_rows(path: Path, packing: str, table: SourceTable, limits: Limits) -> pa.Table:
    """Return rows from the beginning, middle and end of a Parquet file as text."""
    with opened(path, packing, limits) as content:
        parquet = pq.ParquetFile(content)
        n = parquet.num_row_groups
        groups = sorted({0, n // 2, n - 1} & set(range(n)))
        parts = [parquet.read_row_group(group) for group in groups]
    kept = [part for rows in parts for part in _ends(rows, len(groups))]
    whole = pa.concat_tables(kept) if kept else parquet.schema_arrow.empty_table()
    packed = io.BytesIO()
    pq.write_table(whole, packed)
    packed.seek(0)
    return _rows(read_parquet(packed, table, path.name), table)


def sheet_rows(path: Path, packing: str, table: SourceTable, limits: Limits) -> pa.Table:
    """Return the first rows of a sheet as text."""
    with opened(path, packing, limits) as content:
        whole = io.BytesIO(content.read())
    return _rows(read_excel(whole, table, path.name, limits), table)


def _members(file: BinaryIO) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(file) as archive:
            return tuple(archive.namelist())
    except zipfile.BadZipFile:
        return ()


def _parts(content: BinaryIO, part_bytes: int) -> RawSample:
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    if size <= 3 * part_bytes:
        return RawSample((content.read(size),), size)
    head = content.read(part_bytes)
    # Even places: a unit of UTF-16 is never cut.
    content.seek((size - part_bytes) // 2 & ~1)
    middle = content.read(part_bytes)
    content.seek((size - part_bytes) & ~1)
    return RawSample((head, middle, content.read()), size)


def _ends(rows: pa.Table, n_parts: int) -> Iterator[pa.Table]:
    """Yield as many rows of a row group as its share of the sample, from both of its ends."""
    share = ROWS_AT_MOST // n_parts
    if rows.num_rows <= share:
        yield rows
        return
    yield rows.slice(0, share // 2)
    yield rows.slice(rows.num_rows - share // 2)


def _rows(chunks: Iterable[Chunk], table: SourceTable) -> pa.Table:
    kept: list[pa.Table] = []
    for chunk in chunks:
        kept.append(chunk.rows.select(list(table.columns)))
        if sum(rows.num_rows for rows in kept) >= ROWS_AT_MOST:
            break
    if not kept:
        return pa.table({name: pa.array([], pa.string()) for name in table.columns})
    return pa.concat_tables(itertools.islice(kept, None))


def _table(name: str, kind: str, columns: list[str], **about: object) -> SourceTable:
    return SourceTable.model_validate(
        {
            "name": "sampled",
            "files": name,
            "format": kind,
            "columns": dict.fromkeys(columns, "plain"),
            "feeds": [],
            **about,
        }
    )
