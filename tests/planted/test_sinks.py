"""Each format is written piece by piece, spoilt where asked, and read back."""

from __future__ import annotations

import csv
import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.planted.sinks import CsvSink, JsonLinesSink, JsonSink, ParquetSink, Sinks, SqliteSink

PIECES = [{"id": [1, 2], "name": ["李, 四", 'a "b"']}, {"id": [3], "name": [None]}]
ROWS = [{"id": 1, "name": "李"}, {"id": 2, "name": None}]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_csv_has_one_header_and_quotes_what_needs_it(tmp_path, encoding) -> None:
    sink = CsvSink(tmp_path / "a.csv", encoding)
    for piece in PIECES:
        sink.write(piece)
    sink.close()
    with (tmp_path / "a.csv").open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["id", "name"], ["1", "李, 四"], ["2", 'a "b"'], ["3", ""]]


def test_a_spoilt_csv_record_is_an_extra_one_with_a_field_too_many(tmp_path) -> None:
    sink = CsvSink(tmp_path / "a.csv", bad_every=2)
    for piece in PIECES:
        sink.write(piece)
    sink.close()
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [len(row) for row in rows] == [2, 2, 2, 3, 2]
    assert sink.n_bad == 1


def test_a_spoilt_json_line_is_cut_and_extra(tmp_path) -> None:
    sink = JsonLinesSink(tmp_path / "a.jsonl", bad_every=2)
    sink.write(ROWS)
    sink.write([])
    sink.close()
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines[:2]] == ROWS
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[2])


@pytest.mark.parametrize("pieces", [[], [ROWS], [ROWS[:1], ROWS[1:]]])
def test_a_json_document_is_valid_however_it_was_written(tmp_path, pieces) -> None:
    sink = JsonSink(tmp_path / "a.json", "people")
    for piece in pieces:
        sink.write(piece)
    sink.close()
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert found == {"people": ROWS if pieces else []}


def test_parquet_keeps_one_row_group_a_piece(tmp_path) -> None:
    sink = ParquetSink(
        tmp_path / "a.parquet", pa.schema([("id", pa.int64()), ("name", pa.string())])
    )
    for piece in PIECES:
        sink.write(piece)
    sink.close()
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert file.num_row_groups == 2
    assert file.read().column("id").to_pylist() == [1, 2, 3]


def test_all_files_of_a_folder_are_closed_together(tmp_path) -> None:
    with Sinks(tmp_path) as sinks:
        sink = sinks.add(
            SqliteSink(sinks.path("shop/a.sqlite"), {"people": "id integer, name text"})
        )
        for piece in PIECES:
            sink.write("people", piece)
    with sqlite3.connect(tmp_path / "shop/a.sqlite") as connection:
        assert connection.execute("select count(*), max(id) from people").fetchall() == [(3, 3)]
    connection.close()
