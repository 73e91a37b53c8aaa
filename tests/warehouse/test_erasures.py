"""What the run state keeps of an erasure: digests and counts, the same however often it is told."""

from __future__ import annotations

from crm_tasks.warehouse.erasures import (
    batch_statements,
    forget_statements,
    note_verified,
    request_statements,
    suppressed_records,
)
from crm_tasks.warehouse.ledger import Ledger


def told(ledger, statements):
    with ledger.store.transaction() as connection:
        for text, values in statements:
            connection.execute(text, values)


def test_an_erasure_told_twice_is_kept_once(tmp_path):
    ledger = Ledger(tmp_path / "ops" / "ops.sqlite")
    counts = {"ml.segments": (2, 0), "core.fct_orders": (0, 3), "graph.nodes": (0, 0)}
    statements = [
        *request_statements("erasure-1", "s" * 32, {"d1", "d2"}, counts),
        *forget_statements({"shop:7"}, {"a" * 32}, {"quarantine/x#1"}),
        batch_statements("b1", 9, 1),
    ]
    told(ledger, statements)
    told(ledger, statements)
    assert suppressed_records(ledger) == {"d1", "d2"}
    log = ledger.store.rows("select * from erasure_log order by table_name")
    assert [(r["table_name"], r["rows_deleted"], r["rows_pseudonymised"]) for r in log] == [
        ("core.fct_orders", 0, 3),
        ("ml.segments", 2, 0),
    ]
    note_verified(ledger, "erasure-1", 12)
    (request,) = ledger.store.rows("select * from erasure_requests")
    assert (request["status"], request["bytes_verified"]) == ("verified", 12)


def test_a_home_in_which_nobody_was_erased_leaves_nobody_out(tmp_path):
    assert suppressed_records(Ledger(tmp_path / "ops" / "ops.sqlite")) == frozenset()
