"""What is kept of landing: order, counts, watermarks, schema changes, quarantined records."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from crm_tasks.contracts import ops
from crm_tasks.errors import StaleAttempt
from crm_tasks.warehouse.landing_records import (
    LandedFile,
    delivery_no,
    quarantine_id,
    record_batch,
)
from crm_tasks.warehouse.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ops.sqlite")
    ledger.open_attempt("a", "shop")
    return ledger


@pytest.fixture
def claim(ledger):
    return ledger.claim("a", "land", None)


def landed(batch_id, table="orders", columns=None, refused=()):
    """Return a file of three records as landing found it."""
    manifest = {
        "batch_id": batch_id,
        "source_file_sha256": f"sha-{batch_id}",
        "n_records": 3 + len(refused),
        "n_loaded": 3,
        "n_quarantined": len(refused),
        "n_blank": 0,
        "refused": list(refused),
    }
    return LandedFile(
        "shop", "till", table, manifest, columns or {"no": "text"}, f"quarantine/till/{batch_id}"
    )


def watermarks(ledger):
    rows = ledger.store.arrow(ops.WATERMARKS).to_pylist()
    return {(row["source_system"], row["entity"]): row["high_watermark"] for row in rows}


def test_batches_get_their_places_in_the_order_they_came(ledger, claim):
    for batch_id in ("b", "a", "c"):
        record_batch(ledger, claim, landed(batch_id))
    rows = ledger.store.rows("select batch_id, landing_sequence from batches order by 2")
    assert [tuple(row.values()) for row in rows] == [("b", 1), ("a", 2), ("c", 3)]


def test_a_batch_landed_again_keeps_place_time_and_counts(ledger, claim):
    record_batch(ledger, claim, landed("a"))
    record_batch(ledger, claim, landed("b"))
    before = {table.name: ledger.store.arrow(table) for table in ops.TABLES}
    record_batch(ledger, claim, landed("a", columns={"other": "text"}))
    for table in ops.TABLES:
        assert ledger.store.arrow(table).equals(before[table.name]), table.name


def test_the_watermark_of_a_table_is_its_own_latest_place(ledger, claim):
    for batch_id, table in (("a", "orders"), ("b", "lines"), ("c", "orders")):
        record_batch(ledger, claim, landed(batch_id, table))
    assert watermarks(ledger) == {("till", "orders"): "3", ("till", "lines"): "2"}
    record_batch(ledger, claim, landed("a"))  # nothing new: nothing moves back
    assert watermarks(ledger)["till", "orders"] == "3"


def test_columns_that_came_went_or_changed_their_type_are_named(ledger, claim):
    record_batch(ledger, claim, landed("a", columns={"no": "text", "at": "text", "old": "text"}))
    assert ledger.store.arrow(ops.SCHEMA_CHANGES).num_rows == 0
    record_batch(ledger, claim, landed("b", columns={"no": "text", "at": "date", "new": "text"}))
    rows = ledger.store.arrow(ops.SCHEMA_CHANGES).to_pylist()
    assert [(row["column_name"], row["change"], row["detail"]) for row in rows] == [
        ("at", "retyped", "text -> date"),
        ("new", "added", None),
        ("old", "removed", None),
    ]
    record_batch(ledger, claim, landed("c", columns={"no": "text", "at": "date", "new": "text"}))
    assert ledger.store.arrow(ops.SCHEMA_CHANGES).num_rows == 3


def test_tables_are_compared_with_themselves_only(ledger, claim):
    record_batch(ledger, claim, landed("a", "orders", {"no": "text"}))
    record_batch(ledger, claim, landed("b", "lines", {"other": "date"}))
    record_batch(ledger, claim, replace(landed("c", "orders", {"x": "date"}), source_system="web"))
    assert ledger.store.arrow(ops.SCHEMA_CHANGES).num_rows == 0


def test_refused_records_are_found_again_by_place_and_reason(ledger, claim):
    refused = ([2, 40, 12, "E_FIELD_COUNT"], [5, 99, 7, "E_ENCODING"])
    record_batch(ledger, claim, landed("a", refused=refused))
    rows = ledger.store.arrow(ops.QUARANTINE).to_pylist()
    by_record = {row["source_record_id"]: row for row in rows}
    assert by_record["2"]["byte_offset"] == 40
    assert by_record["2"]["byte_length"] == 12
    assert by_record["5"]["reason"] == "E_ENCODING"
    assert by_record["5"]["payload_ref"] == "quarantine/till/a#5"
    assert {row["stage"] for row in rows} == {"landing"}
    assert len({row["quarantine_id"] for row in rows}) == 2


def test_a_quarantined_record_has_one_name_and_no_two_share_one():
    assert quarantine_id("a", "1", "E") == quarantine_id("a", "1", "E")
    names = {quarantine_id(*parts) for parts in (("a", "1"), ("a1",), ("a", "", "1"), ("1", "a"))}
    assert len(names) == 4


def test_landing_is_audited_with_counts_only(ledger, claim):
    record_batch(ledger, claim, landed("a", refused=[[2, 40, 12, "E_FIELD_COUNT"]]))
    (act,) = ledger.store.arrow(ops.AUDIT_LOG).to_pylist()
    assert (act["action"], act["object"]) == ("batch.landed", "a")
    assert json.loads(act["detail"]) == {"records": 4, "loaded": 3, "quarantined": 1}


def test_an_overtaken_attempt_records_no_batch(ledger, claim):
    ledger.claim("a", "land", None)
    with pytest.raises(StaleAttempt):
        record_batch(ledger, claim, landed("a"))
    assert ledger.store.rows("select * from batches") == []
    assert watermarks(ledger) == {}


# --- the same bytes again -------------------------------------------------------------------------


def again(batch_id, sha256, **about):
    """Return the bytes of a file landed as another batch."""
    file = landed(batch_id)
    manifest = {**file.manifest, "source_file_sha256": sha256}
    return replace(file, manifest=manifest, **about)


def batch(ledger, batch_id):
    (row,) = ledger.store.rows("select * from batches where batch_id = ?", (batch_id,))
    return row


def test_bytes_landed_under_another_declaration_keep_their_first_moment_and_place(ledger, claim):
    assert record_batch(ledger, claim, again("a", "f1"))
    record_batch(ledger, claim, again("b", "f2"))
    record_batch(ledger, claim, again("a2", "f1"))
    first, second = batch(ledger, "a"), batch(ledger, "a2")
    assert second["landed_at"] == first["landed_at"]
    assert (second["landing_sequence"], second["first_landing_sequence"]) == (3, 1)
    read = ledger.batches_of_profile("shop")
    assert [(row["batch_id"], row["place"]) for row in read] == [("b", 2), ("a2", 1)]
    assert not record_batch(ledger, claim, again("a2", "f1"))


def test_records_out_of_quarantine_have_the_place_of_their_batch_but_their_own_moment(
    ledger, claim
):
    for number, name in enumerate("abc"):
        record_batch(ledger, claim, again(name, f"f{number}"))
    record_batch(ledger, claim, again("part", "cut out", completes_batch_id="a"))
    places = {row["batch_id"]: row["place"] for row in ledger.batches_of_profile("shop")}
    assert places == {"a": 1, "b": 2, "c": 3, "part": 1}
    assert batch(ledger, "part")["landed_at"] > batch(ledger, "c")["landed_at"]


def test_a_full_table_that_comes_back_to_old_bytes_is_a_delivery_of_its_own(ledger, claim):
    where = ("till", "orders")

    def number(sha256):
        return delivery_no(ledger, "shop", where, sha256)

    assert number("A") == 1
    record_batch(ledger, claim, again("a", "A"))
    assert number("A") == 1  # a replay of what holds
    record_batch(ledger, claim, again("b", "B"))
    assert number("A") == 2
    record_batch(ledger, claim, again("a2", "A", delivery_no=2))
    assert number("A") == 2
    assert number("B") == 2
    read = [row["batch_id"] for row in ledger.batches_of_profile("shop")]
    assert read == ["a", "b", "a2"]
    assert batch(ledger, "a2")["first_landing_sequence"] == 3
