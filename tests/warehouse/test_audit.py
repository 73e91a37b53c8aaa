"""The audit log: any change, loss or reordering is found and named."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tasks.errors import AuditBroken
from crm_tasks.warehouse.audit import CHAINED, append_audit, sign_head, verify_audit
from crm_tasks.warehouse.ledger import Ledger

KEY = b"a" * 32
ROWS = 6


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    ledger = Ledger(folder / "ops.sqlite")
    for number in range(ROWS):
        append_audit(ledger, "batch.landed", f"batch-{number}", {"rows": number})
        sign_head(ledger, folder / "heads.jsonl", KEY)
    rows = ledger.store.rows("select * from audit_log order by seq")
    return rows, (folder / "heads.jsonl").read_text().splitlines()


def test_an_intact_log_verifies(log):
    rows, heads = log

    assert verify_audit(rows, heads, KEY) == ROWS


@given(
    row=st.integers(0, ROWS - 1),
    field=st.sampled_from([*CHAINED, "hash"]),
    text=st.text(min_size=1, max_size=9),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changing_any_field_of_any_row_is_found(log, row, field, text):
    rows, heads = log
    changed = [dict(entry) for entry in rows]
    changed[row][field] = text

    if changed[row] != rows[row]:
        with pytest.raises(AuditBroken, match=f"row {row + 1}"):
            verify_audit(changed, heads, KEY)


@pytest.mark.parametrize("row", range(ROWS))
def test_removing_any_row_is_found(log, row):
    rows, heads = log

    with pytest.raises(AuditBroken, match=f"audit row {row + 1}"):
        verify_audit(rows[:row] + rows[row + 1 :], heads, KEY)


def test_a_tail_cut_off_is_found_by_the_signed_head(log):
    rows, heads = log

    with pytest.raises(AuditBroken, match="signed head"):
        verify_audit(rows[:-2], heads, KEY)


def test_a_head_signed_with_another_key_is_refused(log):
    rows, heads = log

    with pytest.raises(AuditBroken, match="not signed"):
        verify_audit(rows, heads, b"b" * 32)


def test_crm_audit_verify_exits_1_after_an_edit(tmp_path, crm):
    ledger = Ledger(tmp_path / "ops" / "ops.sqlite")
    append_audit(ledger, "batch.landed", "batch-1", {"rows": 1})
    whole = crm("audit", "verify", "--home", tmp_path)
    with sqlite3.connect(ledger.store.file) as connection:
        connection.execute("update audit_log set detail = '{}'")

    edited = crm("audit", "verify", "--home", tmp_path)

    assert whole.returncode == 0, whole.stderr
    assert edited.returncode == 1
    assert "audit row 1 was changed" in edited.stderr
