"""The hand-over: rows are checked, appear at once, and are found whole or not at all."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.contracts import Column, Table
from crm_tasks.errors import ContractError, RunStateError, StaleAttempt
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger, RunIdentity
from crm_tasks.warehouse.tables import is_handed_over, read_part, read_table, write_table

TIES = Table(
    "graph",
    "ties",
    "One row per tie",
    ("tie_id",),
    (Column("tie_id", "VARCHAR", "Tie"), Column("strength", "DOUBLE", "Strength")),
)
ROWS = pa.table({"strength": [0.5, 0.25], "tie_id": ["b", "a"]})


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def ledger(home):
    ledger = Ledger(home.ops_file)
    ledger.open_attempt("a", "p")
    run = RunIdentity("run-1", "p", dt.date(2018, 1, 2), None, "c", None, "c", "i", False)
    ledger.freeze(ledger.claim("a", "land", None), run, [], {})
    return ledger


def test_rows_come_back_in_contract_order_sorted_by_key(home, ledger):
    written = write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, ROWS)

    found = read_table(home, TIES, "run-1")

    assert written == 2
    assert found.column_names == ["tie_id", "strength"]
    assert found.column("tie_id").to_pylist() == ["a", "b"]
    assert read_table(home, TIES, "run-1", ["strength"]).column_names == ["strength"]


def test_what_a_run_has_not_written_is_an_error(home):
    with pytest.raises(RunStateError, match=r"run run-1 has not written graph\.ties"):
        read_table(home, TIES, "run-1")


def test_an_unknown_column_names_the_nearest(home, ledger):
    write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, ROWS)

    with pytest.raises(ContractError, match="did you mean 'strength'"):
        read_table(home, TIES, "run-1", ["strenght"])


def test_rows_that_break_the_contract_leave_nothing_behind(home, ledger):
    doubled = pa.table({"tie_id": ["a", "a"], "strength": [0.1, 0.2]})

    with pytest.raises(ContractError, match="1 rows repeat the key"):
        write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, doubled)

    assert not home.lake.exists()


def test_slices_become_one_table_and_must_follow_one_another(home, ledger):
    one, other = ROWS, pa.table({"tie_id": ["c"], "strength": [0.1]})

    written = write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, iter([one, other]))

    assert written == 3
    assert read_table(home, TIES, "run-1").column("tie_id").to_pylist() == ["a", "b", "c"]
    for wrong in ([other, one], [one, ROWS.slice(0, 1)]):
        with pytest.raises(ContractError, match="does not begin behind the one before"):
            write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, wrong)
    assert read_table(home, TIES, "run-1").num_rows == 3
    assert write_table(home, ledger, ledger.claim("a", "y", "run-1"), TIES, []) == 0


def test_a_stale_attempt_shows_nothing(home, ledger):
    old = ledger.claim("a", "x", "run-1")
    ledger.claim("a", "x", "run-1")

    with pytest.raises(StaleAttempt):
        write_table(home, ledger, old, TIES, ROWS)

    assert not is_handed_over(home, TIES, "run-1")
    assert not [path for path in home.lake.rglob("*") if path.is_file()]


def test_a_changed_file_no_longer_counts_as_handed_over(home, ledger):
    write_table(home, ledger, ledger.claim("a", "x", "run-1"), TIES, ROWS)
    before = is_handed_over(home, TIES, "run-1")
    (home.table_dir(TIES, "run-1") / "rows.parquet").write_bytes(b"cut")

    assert before
    assert not is_handed_over(home, TIES, "run-1")


def test_each_step_has_its_own_part_of_a_table(home, ledger):
    one, other = (ledger.claim("a", step, "run-1") for step in ("one", "other"))
    write_table(home, ledger, one, TIES, ROWS.slice(0, 1), is_part=True)
    write_table(home, ledger, other, TIES, ROWS.slice(1, 1), is_part=True)

    parts = [read_part(home, TIES, "run-1", step) for step in ("one", "other")]

    assert [part.column("tie_id").to_pylist() for part in parts] == [["b"], ["a"]]
    assert not is_handed_over(home, TIES, "run-1")
    with pytest.raises(RunStateError, match=r"not written the part of step third in graph\.ties"):
        read_part(home, TIES, "run-1", "third")
