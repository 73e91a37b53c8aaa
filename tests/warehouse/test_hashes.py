"""The content hash depends on content alone: not on row order, threads or where rows are cut."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.warehouse import hashes
from crm_tasks.warehouse.connection import private_engine
from crm_tasks.warehouse.hashes import content_hash


def hashed(folder, rows, threads=1):
    with private_engine(folder, "1GB", threads) as connection:
        connection.register("t", rows)
        return content_hash(connection, "t", rows.column_names, ["k"])


TABLE = pa.table({"k": list(range(500)), "v": [f"value {i}" for i in range(500)]})


def test_row_order_and_threads_do_not_change_it(tmp_path):
    shuffled = TABLE.take(pa.array([*range(250, 500), *range(250)]))

    assert hashed(tmp_path, TABLE) == hashed(tmp_path, shuffled, threads=2)


def test_the_size_of_the_stream_does_not_change_it(tmp_path, monkeypatch):
    whole = hashed(tmp_path, TABLE)
    monkeypatch.setattr(hashes, "ROWS_PER_BATCH", 7)

    assert hashed(tmp_path, TABLE) == whole


def test_an_empty_table_has_a_hash_and_no_rows(tmp_path):
    rows, digest = hashed(tmp_path, TABLE.slice(0, 0))

    assert rows == 0
    assert len(digest) == 64


@pytest.mark.parametrize(
    "changed",
    [
        pa.table({"k": [1, 2], "v": ["a", "c"]}),
        pa.table({"k": [1, 2], "v": ["a", None]}),
        pa.table({"k": [1, 2], "v": ["a,", "b"]}),
        pa.table({"k": [1, 2], "v": ["ab", ""]}),
        pa.table({"k": ["1", "2"], "v": ["a", "b"]}),
        pa.table({"k": [1], "v": ["a"]}),
    ],
)
def test_any_other_content_changes_it(tmp_path, changed):
    assert hashed(tmp_path, changed) != hashed(tmp_path, pa.table({"k": [1, 2], "v": ["a", "b"]}))


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_texts_cannot_run_into_each_other(tmp_path_factory, values):
    folder = tmp_path_factory.getbasetemp()
    one = pa.table({"k": [1], "a": [values[0]], "b": [values[1]]})
    other = pa.table({"k": [1], "a": [values[0] + values[1]], "b": [""]})

    assert (hashed(folder, one) == hashed(folder, other)) == (values[1] == "")
