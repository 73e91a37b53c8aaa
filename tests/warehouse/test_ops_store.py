"""The ops store: short transactions of several processes, whole or not at all."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
import threading

import pyarrow as pa
import pytest

from crm_tasks.contracts import ops
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.ops_store import OpsStore, arrow_rows, insert_rows

NOW = dt.datetime.fromisoformat("2024-07-01 03:00:00.000123")


@pytest.fixture
def store(tmp_path):
    return OpsStore(tmp_path / "ops" / "ops.sqlite")


def coverage(capability, status="on", run_id="r"):
    return {"run_id": run_id, "capability": capability, "entity": "e", "status": status,
            "reason": "said"}  # fmt: skip


def quarantined(name, reason):
    return {"quarantine_id": name, "source_system": "s", "entity": "e", "source_record_id": "1",
            "stage": "landing", "reason": reason, "first_seen_at": NOW}  # fmt: skip


def test_what_is_written_before_an_error_is_rolled_back(store):
    with store.transaction() as connection:
        insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("kept")])

    def fail():
        with store.transaction() as connection:
            insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("lost")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [row["capability"] for row in store.rows("select * from pipeline_coverage")] == ["kept"]


def test_the_same_key_replaces_but_of_a_quarantined_record_the_first_sight_counts(store):
    for word in ("first", "second"):
        with store.transaction() as connection:
            insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("a", word)])
            insert_rows(connection, ops.QUARANTINE, [quarantined("q", word)])
    assert store.arrow(ops.PIPELINE_COVERAGE).column("status").to_pylist() == ["second"]
    assert store.arrow(ops.QUARANTINE).column("reason").to_pylist() == ["first"]


@pytest.mark.parametrize("gap", ["run_id", "status"])
def test_a_required_value_that_is_missing_is_refused(store, gap):
    row = {name: value for name, value in coverage("a").items() if name != gap}
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        insert_rows(connection, ops.PIPELINE_COVERAGE, [row])
    assert store.rows("select * from pipeline_coverage") == []


def test_dates_moments_and_flags_come_back_as_what_they_were(store):
    run = {
        "run_id": "r", "profile": "p", "as_of_date": dt.date(2024, 7, 1), "state": "running",
        "started_at": NOW, "code_version": "c", "config_hash": "h", "input_hash": "i",
        "is_dry_run": True, "rows_in": 2**40,
    }  # fmt: skip
    with store.transaction() as connection:
        insert_rows(connection, ops.RUNS, [run])
    rows = store.arrow(ops.RUNS)
    assert rows.schema.equals(ops.RUNS.arrow_schema)
    (found,) = rows.to_pylist()
    assert {name: found[name] for name in run} == run
    assert found["ended_at"] is None


def test_an_unknown_flag_is_unknown_and_not_false():
    row = dict.fromkeys(ops.RUNS.column_names)
    assert arrow_rows(ops.RUNS, [row]).column("is_dry_run").to_pylist() == [None]
    assert arrow_rows(ops.RUNS, []).schema.equals(ops.RUNS.arrow_schema)


def test_rows_come_in_the_order_of_their_key(store):
    with store.transaction() as connection:
        rows = [coverage("b"), coverage("a"), coverage("c", run_id="q")]
        insert_rows(connection, ops.PIPELINE_COVERAGE, rows)
    found = store.arrow(ops.PIPELINE_COVERAGE).to_pylist()
    assert [(row["run_id"], row["capability"]) for row in found] == [
        ("q", "c"), ("r", "a"), ("r", "b"),
    ]  # fmt: skip


def test_whoever_reads_cannot_write(store):
    with store.transaction():
        pass
    with (
        store.reading() as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("delete from runs")


def test_reading_makes_no_store(store):
    assert store.rows("select * from runs") == []
    assert store.arrow(ops.RUNS).num_rows == 0
    with pytest.raises(RunStateError, match="crm run"), store.reading():
        pass
    assert not store.file.parent.exists()


def test_a_store_whose_first_writer_was_killed_is_none(store):
    store.file.parent.mkdir()
    sqlite3.connect(store.file).close()
    assert store.file.exists()
    assert store.rows("select * from runs") == []
    with pytest.raises(RunStateError, match="crm run"), store.reading():
        pass
    with store.transaction() as connection:
        insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("a")])
    assert store.arrow(ops.PIPELINE_COVERAGE).num_rows == 1


def test_every_contract_is_a_table_with_its_key(store):
    with store.transaction():
        pass
    with store.reading() as connection:
        for table in ops.TABLES:
            listed = connection.execute(f"pragma table_info({table.name})").fetchall()
            keyed = sorted((row["pk"], row["name"]) for row in listed if row["pk"])
            assert [row["name"] for row in listed] == list(table.column_names)
            assert tuple(name for _, name in keyed) == table.key
            assert {row["name"] for row in listed if not row["notnull"]} == {
                column.name for column in table.columns if column.is_nullable
            }


def test_writers_of_several_processes_wait_for_each_other(store):
    """Read, add one, write: no increment of 4 x 25 is lost."""
    code = f"""
from pathlib import Path
from crm_tasks.warehouse.ops_store import OpsStore
store = OpsStore(Path({str(store.file)!r}))
for _ in range(25):
    with store.transaction() as connection:
        n = connection.execute("select count(*) from layers").fetchone()[0]
        connection.execute("insert into layers values (?, 'r', 'complete')", (str(n),))
"""
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [child.wait(60) for child in children] == [0] * 4
    assert store.rows("select count(*) as n from layers") == [{"n": 100}]


def test_a_reader_sees_the_state_before_a_transaction_that_is_under_way(store):
    with store.transaction() as connection:
        insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("a")])
    seen: list[int] = []
    with store.transaction() as connection:
        insert_rows(connection, ops.PIPELINE_COVERAGE, [coverage("b")])
        query = "select count(*) as n from pipeline_coverage"
        reader = threading.Thread(target=lambda: seen.append(store.rows(query)[0]["n"]))
        reader.start()
        reader.join(20)
    assert seen == [1]
    assert pa.compute.count(store.arrow(ops.PIPELINE_COVERAGE).column("status")).as_py() == 2


def test_a_store_of_earlier_code_gets_the_columns_it_lacks_and_keeps_its_rows(tmp_path):
    store = OpsStore(tmp_path / "ops.sqlite")
    with store.transaction() as connection:
        insert_rows(connection, ops.WATERMARKS, [{"source_system": "s", "entity": "t",
                    "high_watermark": "7", "loaded_at": "2024-01-01"}])  # fmt: skip
        connection.execute("drop table table_builds")
        connection.execute("alter table runs drop column stale_because")
        connection.execute("pragma user_version = 13")
    with store.transaction() as connection:
        columns = {row["name"] for row in connection.execute("pragma table_info(runs)")}
    assert "stale_because" in columns
    assert store.rows("select * from table_builds") == []
    assert store.rows("select high_watermark from watermarks") == [{"high_watermark": "7"}]
