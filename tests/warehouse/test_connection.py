"""No connection leaves its database: what DuckDB could do with files, settings and extensions."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from crm_tasks.errors import RunStateError, WarehouseBusy
from crm_tasks.warehouse.connection import sandboxed_reader

ESCAPES = [
    "copy (select 1) to '{out}'",
    "export database '{out}'",
    "select * from read_text('/etc/hostname')",
    "select * from glob('/etc/*')",
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "attach '{out}' as other",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set threads = 1",
    "reset threads",
    "pragma memory_limit = '1GB'",
    "create table planted (a int)",
    "drop table t",
    "delete from t",
]


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "w.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table t as select 1 as a")
    return file


@pytest.mark.parametrize("statement", ESCAPES)
def test_a_reader_cannot_leave_its_file(database, tmp_path, statement):
    out = tmp_path / "out"
    with sandboxed_reader(database) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(out=out))

    assert not out.exists()
    with sandboxed_reader(database) as connection:
        assert connection.execute("select * from t").fetchall() == [(1,)]


def test_two_readers_of_one_process_open_a_file_at_the_same_time(database):
    with sandboxed_reader(database) as one, sandboxed_reader(database) as other:
        for connection in (one, other):
            assert connection.execute("select * from t").fetchall() == [(1,)]
            with pytest.raises(duckdb.Error, match="locked"):
                connection.execute("set threads = 1")


def test_a_pandas_frame_of_the_caller_is_not_a_table(database):
    frame = [1, 2]  # noqa: F841 (DuckDB would look it up by name)
    with sandboxed_reader(database) as connection, pytest.raises(duckdb.Error):
        connection.execute("select * from frame")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with (
        pytest.raises(RunStateError, match="crm run"),
        sandboxed_reader(tmp_path / "none.duckdb"),
    ):
        pass


def test_a_file_under_writing_is_busy_and_worth_a_retry(database):
    code = (
        "import duckdb, sys, time\n"
        f"c = duckdb.connect({str(database)!r}); print('open', flush=True); time.sleep(60)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(WarehouseBusy) as caught, sandboxed_reader(database):
            pass
        assert caught.value.is_retryable
    finally:
        writer.kill()
        writer.communicate()
