"""The line of published runs: who stands for a date, whose decisions stand, what is out of date."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.contracts import ops
from crm_tasks.warehouse.history import decided_run, line, mark_stale, note_reach, stale_runs
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.ops_store import insert_rows


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ops.sqlite")


def published(ledger, run_id, date, at, batches=(), **about):
    """Record a published run that read the first so many batches."""
    row = {
        "run_id": run_id, "profile": "p", "as_of_date": date, "state": "published",
        "started_at": f"2026-01-01 00:00:{at:02}", "ended_at": f"2026-01-01 01:00:{at:02}",
        "code_version": "c", "config_hash": "c", "input_hash": "i", "is_dry_run": 0, **about,
    }  # fmt: skip
    with ledger.store.transaction() as connection:
        insert_rows(connection, ops.RUNS, [row])
        connection.executemany(
            "insert into run_batches values (?, ?)", [(run_id, batch) for batch in batches]
        )


def batch(ledger, number, known_from, first=None):
    row = {
        "batch_id": f"b{number}", "landing_sequence": number, "profile": "p", "source_system": "s",
        "table_name": "t", "source_file_sha256": f"f{number}", "columns": "{}", "n_records": 1,
        "n_loaded": 1, "n_quarantined": 0, "n_blank": 0, "landed_at": "2026-01-01 00:00:00",
        "first_landing_sequence": first or number,
    }  # fmt: skip
    with ledger.store.transaction() as connection:
        insert_rows(connection, ops.BATCHES, [row])
    note_reach(ledger, {f"b{number}": known_from})


def reasons(ledger, run_id="a", zone="UTC"):
    with ledger.store.transaction() as connection:
        mark_stale(connection, run_id, zone)
    return {row["run_id"]: row["stale_because"] for row in ledger.store.rows("select * from runs")}


def test_the_newest_run_of_a_date_stands_for_it(ledger):
    published(ledger, "old", "2024-01-02", 1)
    published(ledger, "first", "2024-01-01", 2)
    published(ledger, "new", "2024-01-02", 3)
    published(ledger, "other", "2024-01-02", 4, profile="q")
    published(ledger, "failed", "2024-01-03", 5, state="failed")
    assert [run["run_id"] for run in line(ledger, "p")] == ["new", "first"]
    assert [run["run_id"] for run in line(ledger, "p", "2024-01-01")] == ["first"]


def test_decisions_stand_once_a_later_day_is_published(ledger):
    published(ledger, "morning", "2024-01-01", 1)
    published(ledger, "noon", "2024-01-01", 2)
    assert decided_run(ledger, "p", dt.date(2024, 1, 1)) is None
    published(ledger, "next", "2024-01-02", 3)
    assert decided_run(ledger, "p", dt.date(2024, 1, 1)) == "noon"
    published(ledger, "again", "2024-01-01", 4, decisions_run_id="noon")
    assert decided_run(ledger, "p", dt.date(2024, 1, 1)) == "noon"
    assert decided_run(ledger, "p", dt.date(2023, 12, 31)) is None


def test_dates_after_one_that_was_made_again_are_out_of_date_to_the_last(ledger):
    published(ledger, "a", "2024-01-01", 1)
    published(ledger, "b", "2024-01-02", 2, predecessor_run_id="a")
    published(ledger, "c", "2024-01-03", 3, predecessor_run_id="b")
    assert set(reasons(ledger).values()) == {None}
    published(ledger, "a2", "2024-01-01", 4)
    assert reasons(ledger) == {
        "a": "superseded by run a2",
        "a2": None,
        "b": "2024-01-01 was published again after it",
        "c": "it continues 2024-01-02, which is out of date",
    }
    published(ledger, "b2", "2024-01-02", 5, predecessor_run_id="a2")
    published(ledger, "c2", "2024-01-03", 6, predecessor_run_id="b2")
    now = reasons(ledger)
    assert [now[run] for run in ("a2", "b2", "c2")] == [None] * 3


def test_a_date_before_the_first_makes_the_first_out_of_date(ledger):
    published(ledger, "b", "2024-01-02", 1)
    published(ledger, "a", "2024-01-01", 2)
    assert reasons(ledger)["b"] == "2024-01-01 was published again after it"


@pytest.mark.parametrize(
    ("known_from", "zone", "is_stale"),
    [
        (dt.datetime(2024, 1, 1, 23, 59), "UTC", True),  # noqa: DTZ001
        (dt.datetime(2024, 1, 2), "UTC", False),  # noqa: DTZ001
        (dt.datetime(2024, 1, 1, 17), "Asia/Shanghai", False),  # noqa: DTZ001
        (None, "UTC", True),
    ],
)
def test_records_that_landed_later_and_were_known_before_make_a_date_out_of_date(
    ledger, known_from, zone, is_stale
):
    batch(ledger, 1, dt.datetime(2023, 1, 1))  # noqa: DTZ001
    published(ledger, "a", "2024-01-02", 1, batches=["b1"])
    batch(ledger, 2, known_from)
    told = "records that count as known before its date landed after it"
    assert reasons(ledger, zone=zone)["a"] == (told if is_stale else None)


def test_bytes_landed_again_under_another_declaration_tell_nothing_new(ledger):
    batch(ledger, 1, dt.datetime(2023, 1, 1))  # noqa: DTZ001
    published(ledger, "a", "2024-01-02", 1, batches=["b1"])
    batch(ledger, 2, dt.datetime(2023, 1, 1), first=1)  # noqa: DTZ001
    assert reasons(ledger)["a"] is None


def test_what_will_be_out_of_date_is_known_before_a_run_counts_as_published(ledger):
    published(ledger, "a", "2024-01-01", 1)
    published(ledger, "b", "2024-01-02", 2, predecessor_run_id="a")
    published(ledger, "a2", "2024-01-01", 3, state="running")
    run = ledger.find_run("a2") | {"state": "published", "ended_at": "2026-01-01 02:00:00"}
    told = stale_runs(ledger, run, "UTC")
    assert told["b"] == "2024-01-01 was published again after it"
    assert reasons(ledger)["b"] is None
