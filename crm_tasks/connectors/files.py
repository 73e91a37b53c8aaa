"""Read Parquet and delimited files as text, record by record, with nothing lost.

A file is refused as a whole when it is not what the profile says (type, encoding, header); a record
is refused alone, with its bytes and a reason, when only it does not fit.
"""

from __future__ import annotations

import csv
import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from crm_tasks.errors import LandingRefused, ProfileError, listed, nearest
from crm_tasks.landing.records import Block, scan_records
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.profiles import Source, SourceTable

ROWS_PER_CHUNK = 65_536
HEADER_BYTES_AT_MOST = 1 << 16
UTF8_MARK = b"\xef\xbb\xbf"
#: What a file may turn out to be although its name says .csv.
DISGUISES = {
    b"PK": "a zip archive or Excel file",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"<": "an HTML or XML page",
    b"{": "JSON",
    b"[": "JSON",
}


def source_root(source: Source, profile_folder: Path) -> Path:
    """Return the folder that a source's file patterns count from.

    Raises
    ------
    ProfileError
        The package is not installed, or the folder does not exist.
    """
    if source.package is not None:
        spec = find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise ProfileError(
                f"source {source.source_system}: package {source.package} is not installed"
            )
        return Path(next(iter(spec.submodule_search_locations)))
    root = (profile_folder / str(source.root)).resolve()
    if not root.is_dir():
        raise ProfileError(f"source {source.source_system}: no folder {root}")
    return root


def source_files(root: Path, table: SourceTable) -> list[Path]:
    """Return a table's files by name.

    Raises
    ------
    ProfileError
        The pattern leaves the source's folder or finds no file.
    LandingRefused
        Something found is not a regular file of its own (a link, a pipe, a folder).
    """
    if ".." in Path(table.files).parts or Path(table.files).is_absolute():
        raise ProfileError(f"table {table.name}: files must stay inside the source's folder")
    found = sorted(root.glob(table.files))
    if not found:
        raise ProfileError(f"table {table.name}: no file matches {table.files} in {root}")
    for path in found:
        if path.is_symlink() or not path.is_file():
            raise LandingRefused(f"E_TYPE: {path.name} is not a regular file")
    return found


def read_chunks(path: Path, table: SourceTable) -> Iterator[Chunk]:
    """Yield a file's records as text in bounded chunks.

    Raises
    ------
    LandingRefused
        The file as a whole is not what the profile says; the message begins with a reason code.
    """
    yield from (
        _parquet_chunks(path, table) if table.format == "parquet" else _csv_chunks(path, table)
    )


def file_columns(path: Path, table: SourceTable) -> dict[str, str]:
    """Return the names and types of a file's columns, for the record of schema changes."""
    if table.format == "parquet":
        schema = _open_parquet(path).schema_arrow
        return {field.name: str(field.type) for field in schema}
    header, _ = _header(path, table)
    return dict.fromkeys(header, "text")


def _parquet_chunks(path: Path, table: SourceTable) -> Iterator[Chunk]:
    file = _open_parquet(path)
    _check_header(file.schema_arrow.names, table, path)
    record_no = 1
    for batch in file.iter_batches(ROWS_PER_CHUNK):
        columns = {name: _as_text(batch.column(name), name, path) for name in table.columns}
        n = batch.num_rows
        columns[RECORD_NO] = pa.array(range(record_no, record_no + n), pa.int64())
        columns[BYTE_OFFSET] = pa.nulls(n, pa.int64())
        record_no += n
        yield Chunk(pa.table(columns))


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise LandingRefused(f"E_TYPE: {path.name} is not a readable Parquet file") from None


def _as_text(values: pa.Array, name: str, path: Path) -> pa.Array:
    try:
        return pc.cast(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        message = f"E_TYPE: {path.name}, column {name}: {values.type} has no text form"
        raise LandingRefused(message) from None


def _csv_chunks(path: Path, table: SourceTable) -> Iterator[Chunk]:
    header, start = _header(path, table)
    with path.open("rb") as file:
        for block in scan_records(file, table.delimiter, len(header), start):
            yield Chunk(_parsed(block, header, table, path), block.refused, block.n_blank)


def _parsed(block: Block, header: list[str], table: SourceTable, path: Path) -> pa.Table:
    n = len(block.offsets)
    if n == 0:
        rows = pa.table({name: pa.array([], pa.string()) for name in table.columns})
    else:
        rows = _parse_good_records(block.good, header, table, path).select(list(table.columns))
    if rows.num_rows != n:
        raise LandingRefused(
            f"E_COUNT: {path.name}: {n} records were found but {rows.num_rows} could be read"
        )
    rows = rows.append_column(RECORD_NO, pa.array(block.record_nos))
    return rows.append_column(BYTE_OFFSET, pa.array(block.offsets))


def _parse_good_records(good: bytes, header: list[str], table: SourceTable, path: Path) -> pa.Table:
    try:
        return pacsv.read_csv(
            io.BytesIO(good),
            read_options=pacsv.ReadOptions(
                column_names=header, use_threads=False, block_size=len(good) + 1
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=table.delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise LandingRefused(f"E_DIALECT: {path.name}: quotes and delimiters do not fit") from None


def _header(path: Path, table: SourceTable) -> tuple[list[str], int]:
    """Return the header's names and the byte at which the records begin."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES_AT_MOST)
    for mark, found in DISGUISES.items():
        if head.startswith(mark):
            raise LandingRefused(f"E_TYPE: {path.name} is {found}, the profile says csv")
    skipped = len(UTF8_MARK) if head.startswith(UTF8_MARK) else 0
    line, feed, _ = head[skipped:].partition(b"\n")
    if not feed and len(head) == HEADER_BYTES_AT_MOST:
        raise LandingRefused(f"E_HEADER: {path.name}: no line end in the first 64 KiB")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise LandingRefused(f"E_ENCODING: {path.name}: the header is not UTF-8") from None
    names = next(csv.reader([text.rstrip("\r")], delimiter=table.delimiter), [])
    _check_header(names, table, path)
    return names, skipped + len(line) + len(feed)


def _check_header(names: list[str], table: SourceTable, path: Path) -> None:
    """Raise unless a file has exactly the columns whose class the profile declares."""
    if len({name.casefold() for name in names}) < len(names):
        raise LandingRefused(f"E_HEADER: {path.name}: two columns with the same name")
    missing = set(table.columns) - set(names)
    unknown = set(names) - set(table.columns)
    if missing:
        hint = nearest(min(missing), unknown)
        raise LandingRefused(f"E_HEADER: {path.name}: missing columns {listed(missing)}{hint}")
    if unknown:
        raise LandingRefused(
            f"E_HEADER: {path.name}: columns of unknown class {listed(unknown)}; declare each in "
            f"the profile as plain or identifying"
        )
