"""Customers are founded once, with the same id for the same key, and announced once."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import pyarrow as pa

from crm_tasks.contracts.identity import EVENTS, RECORDS
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.records import found_customers, record_new_customers, start_of

AS_OF = dt.date(2024, 7, 1)
KEY = b"0123456789abcdef0123456789abcdef"


def references(*rows: tuple[str, str, dt.datetime]) -> pa.Table:
    systems, records, known = zip(*rows, strict=True)
    return pa.table(
        {
            "source_system": list(systems),
            "customer_source_id": list(records),
            "first_known_at": pa.array(known, pa.timestamp("us")),
        }
    )


JUNE = dt.datetime.fromisoformat("2024-06-01 12:00")
TWO = references(("shop", "7", JUNE), ("till", "7", JUNE))


def test_the_id_is_the_keyed_digest_of_the_founding_record():
    rows = check_rows(RECORDS, found_customers(TWO, KEY, AS_OF)).to_pylist()
    expected = hmac.new(KEY, b"shop\x1f7", hashlib.sha256).hexdigest()[:32]
    assert rows[0]["customer_id"] == expected
    assert (rows[0]["match_status"], rows[0]["cluster_size"]) == ("singleton", 1)
    assert rows[0]["first_linked_at"] == JUNE


def test_the_same_number_in_two_sources_is_two_customers():
    ids = found_customers(TWO, KEY, AS_OF)["customer_id"].to_pylist()
    assert len(set(ids)) == 2


def test_another_key_gives_ids_that_share_nothing():
    ours = found_customers(TWO, KEY, AS_OF)["customer_id"].to_pylist()
    theirs = found_customers(TWO, KEY[::-1], AS_OF)["customer_id"].to_pylist()
    assert not set(ours) & set(theirs)


def test_the_order_of_the_references_changes_no_id():
    shuffled = found_customers(TWO.take([1, 0]), KEY, AS_OF).to_pylist()
    assert sorted(map(str, shuffled)) == sorted(
        map(str, found_customers(TWO, KEY, AS_OF).to_pylist())
    )


def test_a_record_first_known_on_the_date_itself_does_not_exist_yet():
    midnight = dt.datetime.fromisoformat("2024-07-01 00:00")
    known = references(("shop", "1", midnight - dt.timedelta(seconds=1)), ("shop", "2", midnight))
    assert found_customers(known, KEY, AS_OF)["source_record_id"].to_pylist() == ["1"]


def test_the_date_begins_where_the_company_is():
    assert start_of(AS_OF, "Asia/Shanghai") == dt.datetime.fromisoformat("2024-06-30 16:00")
    known = references(("shop", "1", dt.datetime.fromisoformat("2024-06-30 17:00")))
    assert found_customers(known, KEY, AS_OF, "UTC").num_rows == 1
    assert found_customers(known, KEY, AS_OF, "Asia/Shanghai").num_rows == 0


def test_every_customer_is_announced_as_created_when_first_known(scratch):
    records = found_customers(TWO, KEY, AS_OF)
    events = check_rows(EVENTS, record_new_customers(scratch(), records, None, AS_OF)).to_pylist()
    assert {row["customer_id"] for row in events} == set(records["customer_id"].to_pylist())
    assert {(row["event_type"], row["occurred_at"]) for row in events} == {("created", JUNE)}


def test_only_customers_the_predecessor_did_not_have_are_announced(scratch):
    before = found_customers(TWO.slice(0, 1), KEY, AS_OF)
    now = found_customers(TWO, KEY, AS_OF)
    events = record_new_customers(scratch(), now, before, AS_OF).to_pylist()
    assert [row["customer_id"] for row in events] == [now["customer_id"][1].as_py()]
    assert record_new_customers(scratch(), now, now, AS_OF).num_rows == 0


def test_an_empty_source_founds_nobody(scratch):
    nothing = TWO.slice(0, 0)
    records = check_rows(RECORDS, found_customers(nothing, KEY, AS_OF))
    assert records.num_rows == 0
    assert check_rows(EVENTS, record_new_customers(scratch(), records, None, AS_OF)).num_rows == 0
