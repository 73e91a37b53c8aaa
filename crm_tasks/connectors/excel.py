"""One sheet of an Excel workbook (.xlsx) as text, row by row, read as a stream.

Excel keeps numbers as doubles and dates as numbers with a format: what comes out here is what a
cell holds, dates in ISO form. A formula counts by the value Excel stored with it; one without a
stored value refuses its row, because nobody but Excel can say what it is.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from crm_tasks.connectors.columns import check_columns
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import CONTROLS, RefusedRecord
from crm_tasks.landing.rows import BYTE_OFFSET, RECORD_NO, Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.connectors.preflight import Limits
    from crm_tasks.profiles import SourceTable

ROWS_PER_CHUNK = 8_192
FORBIDDEN = frozenset(map(chr, CONTROLS))
BROKEN = (zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError, EOFError, TypeError)


def read_excel(file: BinaryIO, table: SourceTable, name: str, limits: Limits) -> Iterator[Chunk]:
    """Yield the rows of one sheet as text.

    Raises
    ------
    LandingRefused
        ``E_TYPE``: no workbook, or a broken one; ``E_SHEET``; ``E_RATIO``; ``E_HEADER``.
    """
    _check_archive(file, name, limits)
    values = _rows(file, table, name, is_value=True)
    formulas = _rows(file, table, name, is_value=False)
    header = [_text(cell) or "" for cell in _without_tail(next(values, ()))]
    next(formulas, ())
    check_columns(header, table, name)
    columns = dict.fromkeys(header, "cell")
    numbered = enumerate(zip(values, formulas, strict=True), 1)
    while part := list(itertools.islice(numbered, ROWS_PER_CHUNK)):
        yield _chunk(part, header, table, columns)


def _check_archive(file: BinaryIO, name: str, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            broken = archive.testzip() if _is_sane(members, limits) else None
    except BROKEN:
        raise LandingRefused(f"E_TYPE: {name} is not a readable Excel workbook (.xlsx)") from None
    if broken is not None:
        raise LandingRefused(f"E_TYPE: {name}: a part of the workbook is broken")
    if not _is_sane(members, limits):
        raise LandingRefused(f"E_RATIO: {name} unpacks to too much for its size")


def _is_sane(members: list[zipfile.ZipInfo], limits: Limits) -> bool:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    return unpacked <= limits.file_bytes and unpacked <= max(1 << 20, limits.ratio * packed)


def _rows(
    file: BinaryIO, table: SourceTable, name: str, *, is_value: bool
) -> Iterator[tuple[Any, ...]]:
    """Yield the sheet's rows, as stored values or as formulas."""
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=is_value)
        sheets = [sheet.title for sheet in workbook.worksheets]
        if table.sheet is None and len(sheets) != 1:
            raise LandingRefused(f"E_SHEET: {name} has {len(sheets)} sheets; declare which")
        if table.sheet is not None and table.sheet not in sheets:
            raise LandingRefused(f"E_SHEET: {name} has no sheet {table.sheet}")
        sheet = workbook[table.sheet or sheets[0]]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        yield from sheet.iter_rows(values_only=True)
    except BROKEN:
        raise LandingRefused(f"E_TYPE: {name} is not a readable Excel workbook (.xlsx)") from None


def _chunk(
    part: list[tuple[int, tuple[tuple[Any, ...], tuple[Any, ...]]]],
    header: list[str],
    table: SourceTable,
    columns: dict[str, str],
) -> Chunk:
    kept: list[list[str | None]] = []
    numbers: list[int] = []
    refused: list[RefusedRecord] = []
    n_blank = 0
    for number, (row, formulas) in part:
        cells = _without_tail(row)
        texts = [_text(cell) for cell in cells]
        texts += [None] * (len(header) - len(texts))
        reason = _reason(texts, row, formulas, len(header))
        if not cells and reason is None:
            n_blank += 1
        elif reason is None:
            kept.append(texts)
            numbers.append(number)
        else:
            raw = json.dumps(texts, ensure_ascii=False).encode()
            refused.append(RefusedRecord(number, 0, raw, reason))
    by_name = dict(zip(header, zip(*kept, strict=True), strict=True)) if kept else {}
    lacking = [None] * len(kept)
    rows = {name: pa.array(by_name.get(name, lacking), pa.string()) for name in table.columns}
    rows[RECORD_NO] = pa.array(numbers, pa.int64())
    rows[BYTE_OFFSET] = pa.nulls(len(numbers), pa.int64())
    return Chunk(pa.table(rows), tuple(refused), n_blank, columns)


def _without_tail(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row without the empty cells behind its last value."""
    filled = [index for index, cell in enumerate(row) if cell not in (None, "")]
    return row[: filled[-1] + 1] if filled else ()


def _reason(
    texts: list[str | None], row: tuple[Any, ...], formulas: tuple[Any, ...], n_fields: int
) -> str | None:
    if len(texts) > n_fields:
        return "E_FIELD_COUNT"
    if any(text and not FORBIDDEN.isdisjoint(text) for text in texts):
        return "E_CONTROL_CHAR"
    for value, formula in itertools.zip_longest(row, formulas):
        is_formula = isinstance(formula, str) and formula.startswith("=") and formula != value
        if is_formula and value is None:
            return "E_FORMULA"
        if isinstance(value, str) and value.startswith("#") and is_formula:
            return "E_FORMULA"
    return None


def _text(cell: Any) -> str | None:
    """Return a cell as text; a moment at midnight stays a moment.

    >>> _text(3.0), _text(dt.date(2024, 5, 1)), _text(True)
    ('3', '2024-05-01', 'true')
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
