"""Samples of files are bounded, reach the end of a file, and are read by the real readers."""

from __future__ import annotations

import gzip
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.connectors.samples import (
    ROWS_AT_MOST,
    delimited_rows,
    document,
    parquet_columns,
    parquet_rows,
    sample_file,
    sheet_headers,
    sheet_rows,
)
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.records import Dialect
from crm_tasks.profiles import SourceTable

LINES = b"".join(b"%07d,x\n" % n for n in range(5000))


def table(kind, columns):
    return SourceTable.model_validate(
        {
            "name": "t",
            "files": "t",
            "format": kind,
            "columns": dict.fromkeys(columns, "plain"),
            "feeds": [],
        }
    )


def packed(path, how):
    if how == "gzip":
        path.write_bytes(gzip.compress(LINES))
    elif how == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.csv", LINES)
    else:
        path.write_bytes(LINES)
    return path


@pytest.mark.parametrize("how", ["none", "gzip", "zip"])
def test_a_sample_is_the_beginning_the_middle_and_the_end(tmp_path, how):
    sampled = sample_file(packed(tmp_path / "x", how), Limits(), part_bytes=1000)
    assert sampled.packed_by == how
    assert sampled.raw.size == len(LINES)
    head, middle, tail = sampled.raw.parts
    assert head == LINES[:1000]
    assert middle in LINES
    assert LINES.endswith(tail)
    assert len(tail) in (1000, 1001)
    assert not sampled.raw.is_whole


def test_a_small_file_is_its_own_sample(tmp_path):
    sampled = sample_file(packed(tmp_path / "x", "gzip"), Limits())
    assert sampled.raw.parts == (LINES,)
    assert sampled.raw.is_whole
    assert document(tmp_path / "x", "gzip", Limits()) == LINES


def test_what_is_broken_or_too_large_is_refused(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(LINES)[:-9])
    with pytest.raises(LandingRefused, match="E_ARCHIVE"):
        sample_file(tmp_path / "cut.gz", Limits())
    with pytest.raises(LandingRefused, match="E_SIZE"):
        sample_file(packed(tmp_path / "x", "none"), Limits(file_bytes=100))
    with pytest.raises(LandingRefused, match="E_TYPE"):
        sample_file(tmp_path, Limits())


def test_text_is_read_by_the_real_reader_its_header_among_the_records():
    rows = delimited_rows(b'id;name\n1;"a;b"\n', Dialect(";"), 2, "x")
    assert rows.to_pylist() == [{"c0": "id", "c1": "name"}, {"c0": "1", "c1": "a;b"}]


def test_rows_of_parquet_come_from_both_ends(tmp_path):
    n = 3 * ROWS_AT_MOST
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"n": range(n)}), path, row_group_size=n // 3)
    assert parquet_columns(path, "none", Limits()) == ["n"]
    rows = parquet_rows(path, "none", table("parquet", ["n"]), Limits())
    numbers = [int(value) for value in rows.column("n").to_pylist()]
    assert len(numbers) <= ROWS_AT_MOST
    assert (numbers[0], numbers[-1]) == (0, n - 1)
    assert any(n // 3 <= number < 2 * n // 3 for number in numbers)


def test_an_empty_parquet_file_has_columns_and_no_row(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"n": pa.array([], pa.int64())}), path)
    assert parquet_rows(path, "none", table("parquet", ["n"]), Limits()).num_rows == 0
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(LandingRefused, match="E_TYPE"):
        parquet_columns(path, "none", Limits())


def test_every_sheet_with_a_header_is_a_table(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "people"
    book.active.append(("id", "name", None))
    book.active.append((1, "a"))
    book.create_sheet("empty")
    book.create_sheet("more").append(("no",))
    path = tmp_path / "x.xlsx"
    book.save(path)
    assert sheet_headers(path, "none", Limits()) == {"people": ["id", "name"], "more": ["no"]}
    told = table("xlsx", ["id", "name"]).model_copy(update={"sheet": "people"})
    assert sheet_rows(path, "none", told, Limits()).to_pylist() == [{"id": "1", "name": "a"}]
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(LandingRefused, match="E_TYPE"):
        sheet_headers(path, "none", Limits())
