"""The engine lent to pure functions: their frames, one thread, no way out, gone afterwards."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch as lend_scratch

ROWS = pa.table({"n": [3, 1, 2]})


def test_frames_are_tables_of_their_names(scratch):
    lent = scratch(numbers=ROWS)
    assert lent.query("select sum(n) as total from numbers").to_pylist() == [{"total": 6}]


def test_a_result_can_be_registered_and_a_name_taken_again(scratch):
    lent = scratch(numbers=ROWS)
    lent.register("numbers", lent.query("select n * 10 as n from numbers where n > 1"))
    assert sorted(lent.query("select n from numbers").column("n").to_pylist()) == [20, 30]
    assert ROWS.column("n").to_pylist() == [3, 1, 2]


def test_parameters_are_bound_and_never_pasted(scratch):
    lent = scratch(numbers=ROWS)
    planted = "1 or true; drop view numbers"
    query = "select $text as text, $day as day, $none as nothing"
    given = {"text": planted, "day": dt.date(2024, 7, 1), "none": None}
    (row,) = lent.query(query, given).to_pylist()
    assert row == {"text": planted, "day": dt.date(2024, 7, 1), "nothing": None}
    assert lent.query("select count(*) as n from numbers").to_pylist() == [{"n": 3}]


def test_an_unbound_parameter_is_an_error(scratch):
    with pytest.raises(duckdb.Error, match="wanted"):
        scratch().query("select $wanted as n")


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 1) to '{out}'",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/passwd'",
        "attach '{out}' as other",
        "set threads = 4",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_there_is_no_way_out(scratch, tmp_path, statement):
    with pytest.raises(duckdb.Error):
        scratch().query(statement.format(out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_one_thread_computes_so_that_order_and_sums_repeat(scratch):
    (row,) = scratch().query("select current_setting('threads') as n").to_pylist()
    assert row["n"] == 1


def test_two_engines_know_nothing_of_each_other(scratch):
    scratch(numbers=ROWS)
    with pytest.raises(duckdb.Error, match="numbers"):
        scratch().query("select * from numbers")


def test_it_ends_with_its_block_and_leaves_no_file(tmp_path):
    home = Home(tmp_path)
    with lend_scratch(home, "1GB", {"numbers": ROWS}) as lent:
        lent.query("select * from numbers")
    with pytest.raises(duckdb.Error):
        lent.query("select 1 as n")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert home.temporary.stat().st_mode & 0o777 == 0o700


def test_a_statement_without_rows_gives_an_empty_table(scratch):
    assert scratch().query("create table t (a int)").num_rows == 0
