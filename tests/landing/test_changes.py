"""What a build is told of changes: statements that run in DuckDB."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq

from crm_tasks.landing.changes import batches_sql, core_sql
from crm_tasks.warehouse.connection import file_engine


def told(folder, sql, table):
    with file_engine(folder, "1GB", threads=1) as connection:
        connection.execute(sql)
        return connection.execute(f"select * from changes.{table} order by 1").fetchall()


def records(folder, name, customers):
    """Write identity.records of one source: its record ids and whose they are."""
    rows = [
        {"source_system": "s", "source_record_id": record, "customer_id": customer}
        for record, customer in customers.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / name)
    return folder / name


def test_batches_are_listed_and_none_is_no_row(tmp_path):
    assert told(tmp_path, batches_sql(["b2", "b1'"]), "batches") == [("b1'",), ("b2",)]
    assert told(tmp_path, batches_sql([]), "batches") == []


def test_records_that_are_another_customer_s_now_are_listed(tmp_path):
    before = records(tmp_path, "before.parquet", {"same": "A", "moved": "A", "gone": "C"})
    now = records(tmp_path, "now.parquet", {"same": "A", "moved": "B", "new": "D"})
    sql = core_sql(["b1"], dt.datetime.fromisoformat("2024-06-30T16:00"), (before, now))
    assert told(tmp_path, sql, "customers") == [("s:gone",), ("s:moved",), ("s:new",)]
    assert told(tmp_path, sql, "built") == [(dt.datetime.fromisoformat("2024-06-30T16:00"),)]
    assert told(tmp_path, sql, "batches") == [("b1",)]
