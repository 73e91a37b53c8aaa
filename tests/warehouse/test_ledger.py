"""The ledger: a stale attempt writes nothing, a frozen run stays the same run."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.contracts.frames import StepReport
from crm_tasks.contracts.ops import PIPELINE_COVERAGE, TABLES
from crm_tasks.errors import RunStateError, StaleAttempt
from crm_tasks.warehouse.ledger import Ledger, RunIdentity, Usage


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ops.sqlite")


def identity(run_id="run-1", as_of=dt.date(2018, 1, 2), predecessor=None):
    return RunIdentity(run_id, "p", as_of, predecessor, "code", None, "config", "input", False)


def frozen(ledger, attempt="a", **about):
    ledger.open_attempt(attempt, "p")
    ledger.freeze(ledger.claim(attempt, "land", None), identity(**about), [], {})
    return ledger.claim(attempt, "core", about.get("run_id", "run-1"))


def publish(ledger, run_id):
    with ledger.store.transaction() as connection:
        connection.execute("update runs set state = 'published' where run_id = ?", (run_id,))


def test_an_overtaken_attempt_can_write_nothing(ledger):
    old = frozen(ledger)
    ledger.claim("a", "core", "run-1")

    with pytest.raises(StaleAttempt, match="overtaken"):
        ledger.record(old, PIPELINE_COVERAGE, [])


def test_an_attempt_that_was_overtaken_counts_as_failed_whatever_it_says_later(ledger):
    old = frozen(ledger)
    new = ledger.claim("b", "core", "run-1")
    ledger.finish(old, "success", StepReport(rows_written=7), Usage(1.0, 1.0, 1.0))

    rows = ledger.store.rows("select * from task_runs where task_id = 'core' order by task_run_no")
    assert [(row["state"], row["message"]) for row in rows] == [
        ("failed", f"overtaken by attempt {new.token}"),
        ("running", None),
    ]
    assert ledger.report_of("run-1", "core") is None


def test_a_failure_inside_a_transaction_leaves_no_row(ledger):
    claim = frozen(ledger)

    def fail_after_writing():
        with ledger.fenced(claim) as connection:
            connection.execute("insert into layers values ('core', 'run-1', 'complete')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()

    assert not ledger.layer_is_complete("core", "run-1")


def test_a_layer_counts_only_when_complete_and_of_this_run(ledger):
    claim = frozen(ledger)

    ledger.begin_layer(claim, "core")
    while_writing = ledger.layer_is_complete("core", "run-1")
    ledger.complete_layer(claim, "core")

    assert not while_writing
    assert ledger.layer_is_complete("core", "run-1")
    assert not ledger.layer_is_complete("core", "run-2")


def test_the_predecessor_is_the_latest_published_run_before_the_date(ledger):
    for day, run_id in ((1, "first"), (2, "second"), (3, "third")):
        frozen(ledger, attempt=run_id, run_id=run_id, as_of=dt.date(2018, 1, day))
    publish(ledger, "first")
    publish(ledger, "third")

    assert ledger.predecessor("p", dt.date(2018, 1, 3)) == "first"
    assert ledger.predecessor("p", dt.date(2018, 1, 4)) == "third"
    assert ledger.predecessor("p", dt.date(2018, 1, 1)) is None
    assert ledger.predecessor("other", dt.date(2018, 1, 4)) is None


def test_freezing_a_published_run_again_keeps_it_published(ledger):
    frozen(ledger)
    publish(ledger, "run-1")
    frozen(ledger, attempt="b")

    assert ledger.find_run("run-1")["state"] == "published"


def test_a_failed_attempt_of_a_published_run_does_not_unpublish_it(ledger):
    frozen(ledger)
    publish(ledger, "run-1")
    ledger.fail_run("run-1", "core", "stopped")

    assert ledger.find_run("run-1")["state"] == "published"


def test_finishing_records_what_the_attempt_cost(ledger):
    claim = frozen(ledger)
    ledger.finish(claim, "success", StepReport(rows_written=7, message="ok"), Usage(1.5, 1.0, 99.0))

    row = ledger.report_of("run-1", "core")

    assert (row["rows_written"], row["duration_s"], row["peak_rss_mb"]) == (7, 1.5, 99.0)


def test_a_run_is_found_by_the_beginning_of_its_id(ledger):
    frozen(ledger, run_id="abc1")
    frozen(ledger, attempt="b", run_id="abd2")

    assert ledger.find_run_like("abc")["run_id"] == "abc1"
    with pytest.raises(RunStateError, match="2 runs begin"):
        ledger.find_run_like("ab")
    with pytest.raises(RunStateError, match="no run"):
        ledger.find_run_like("zz")


def test_every_ops_table_reads_back_in_the_types_of_its_contract(ledger):
    frozen(ledger)

    assert TABLES
    for table in TABLES:
        assert ledger.store.arrow(table).schema.equals(table.arrow_schema)
    assert ledger.store.arrow(TABLES[0]).to_pylist()[0]["as_of_date"] == dt.date(2018, 1, 2)
