"""Rows staging could not type: counted, named by place and reason, quoted nowhere."""

from __future__ import annotations

from crm_tasks.contracts import ops
from crm_tasks.contracts.frames import StepReport
from crm_tasks.steps.rejections import quarantine_rejected
from crm_tasks.warehouse.ledger import Ledger
from tests.flow.small_company import (
    N_LINES_WITH_BROKEN_AMOUNT,
    N_LINES_WITHOUT_PRODUCT,
)
from tests.flow.small_voices import N_IMPOSSIBLE_SCORES

N_REJECTED = N_LINES_WITH_BROKEN_AMOUNT + N_LINES_WITHOUT_PRODUCT + N_IMPOSSIBLE_SCORES
BROKEN_AMOUNT = "12,5O"


def from_staging(home):
    rows = Ledger(home.ops_file).store.arrow(ops.QUARANTINE).to_pylist()
    return [row for row in rows if row["stage"] == "staging"]


def test_each_rejected_row_is_in_quarantine_with_its_reason(published_home):
    rows = from_staging(published_home)
    assert sorted(row["reason"] for row in rows) == [
        "E_RANGE_score",
        "E_REQUIRED_product_source_id",
        "E_TYPE_net_amount",
        "E_TYPE_score",
    ]
    assert {(row["source_system"], row["entity"]) for row in rows} == {
        ("shop", "order_items"),
        ("shop", "reviews"),
    }


def test_it_can_be_found_again_by_file_and_record(published_home, company):
    batches = Ledger(published_home.ops_file).batches_of_profile("small_company")
    (broken,) = [r for r in from_staging(published_home) if r["reason"] == "E_TYPE_net_amount"]
    batch = next(batch for batch in batches if batch["batch_id"] == broken["batch_id"])
    lines = (company.profile.parent / "data" / "lines-1.csv").read_text().splitlines()
    assert batch["table_name"] == "lines"
    assert BROKEN_AMOUNT in lines[int(broken["source_record_id"])]


def test_no_value_of_a_rejected_row_stands_in_the_run_state(published_home):
    raw = b"".join(path.read_bytes() for path in published_home.ops_file.parent.glob("ops.sqlite*"))
    assert b"E_TYPE_net_amount" in raw
    assert BROKEN_AMOUNT.encode() not in raw


def test_the_step_s_report_tells_rows_in_out_and_aside(published_home):
    (row,) = Ledger(published_home.ops_file).store.rows(
        "select * from task_runs where task_id = 'staging'"
    )
    assert row["rows_quarantined"] == N_REJECTED
    assert row["rows_in"] == row["rows_written"] + N_REJECTED


def test_building_staging_again_adds_no_row_and_changes_none(opened):
    run = opened("staging")
    before = from_staging(run.home)
    report = quarantine_rejected(run, StepReport(rows_written=100, message="9 tables"))
    assert from_staging(run.home) == before
    assert (report.rows_in, report.rows_written, report.rows_quarantined) == (
        100,
        100 - N_REJECTED,
        N_REJECTED,
    )
    assert report.message == "9 tables"
