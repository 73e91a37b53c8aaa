"""Which rows of other dates a version holds."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from crm_tasks.contracts.table import Column, Table, as_of_date_column
from crm_tasks.errors import RunStateError
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, RunIdentity
from crm_tasks.warehouse.partitions import partitions, partitions_sql
from crm_tasks.warehouse.tables import write_table

THINGS = Table("graph", "things", "One row per thing", ("thing_id",),
               (Column("thing_id", "VARCHAR", "Thing", False),
                Column("said", "VARCHAR", "What"), as_of_date_column()),
               history="append")  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def write(home, run_id, date, rows):
    """Hand over what a run says of things, and return its row of ops.runs."""
    ledger = Ledger(home.ops_file)
    ledger.open_attempt(run_id, "p")
    as_of = dt.date.fromisoformat(date)
    identity = RunIdentity(run_id, "p", as_of, None, "c", None, "c", "i", False)
    ledger.freeze(ledger.claim(run_id, "land", None), identity, [], {})
    table = pa.table({"thing_id": list(rows), "said": list(rows.values()),
                      "as_of_date": [as_of] * len(rows)})  # fmt: skip
    write_table(home, ledger, ledger.claim(run_id, "x", run_id), THINGS, table)
    return ledger.find_run(run_id)


def rows(home, table, runs, run_id):
    files = partitions(home, table, runs, run_id)
    sql = f"select thing_id, said, as_of_date from {partitions_sql(table, files)}"
    return sorted(duckdb.execute(sql).fetchall())


def snapshot():
    return Table(**{**vars(THINGS), "history": "snapshot", "key": ("thing_id", "as_of_date")})


def test_a_snapshot_has_the_partition_of_each_run(home):
    runs = [write(home, "a", "2024-01-01", {"t": "1"}), write(home, "b", "2024-01-02", {"t": "2"})]
    assert rows(home, snapshot(), runs, "b") == [
        ("t", "1", dt.date(2024, 1, 1)),
        ("t", "2", dt.date(2024, 1, 2)),
    ]


def test_what_was_appended_once_stays_whichever_date_says_it_again(home):
    old = write(home, "old", "2024-01-02", {"t": "as it was", "u": "u"})
    again = write(home, "again", "2024-01-01", {"t": "said again", "v": "new"})
    assert rows(home, THINGS, [old, again], "old") == [
        ("t", "as it was", dt.date(2024, 1, 2)),
        ("u", "u", dt.date(2024, 1, 2)),
        ("v", "new", dt.date(2024, 1, 1)),
    ]


def test_a_run_of_earlier_code_need_not_have_the_table_but_this_one_must(home):
    here = write(home, "here", "2024-01-02", {"t": "1"})
    older = dict(here, run_id="older", as_of_date="2024-01-01")
    assert len(rows(home, THINGS, [here, older], "here")) == 1
    with pytest.raises(RunStateError, match="has not written"):
        partitions(home, THINGS, [here, older], "older")
