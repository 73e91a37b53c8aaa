"""Customers keep their ids, and the ledger of events tells who was whose on any date."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.contracts.identity import EVENTS, RECORDS
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.ids import (
    Why,
    changes,
    customer_ids,
    event_rows,
    number_records,
    record_rows,
    replay,
    start_of,
)

AS_OF = dt.date(2024, 7, 1)
KEY = b"0123456789abcdef0123456789abcdef"
JUNE = dt.datetime.fromisoformat("2024-06-01 12:00")
NOON = dt.datetime.fromisoformat("2024-07-01 00:00")


def references(*rows: tuple[str, str, dt.datetime, int]) -> pa.Table:
    systems, records, known, sequences = zip(*rows, strict=True)
    return pa.table({
        "source_system": list(systems), "customer_source_id": list(records),
        "first_known_at": pa.array(known, pa.timestamp("us")),
        "first_landing_sequence": list(sequences),
    })  # fmt: skip


TWO = references(("shop", "7", JUNE, 2), ("till", "7", JUNE, 1))


def test_the_record_landed_first_founds_the_customer():
    records = number_records(TWO, AS_OF)
    assert records["record_key"].to_pylist() == ["till:7", "shop:7"]
    ids = customer_ids(records, np.array([0, 0]), KEY)
    expected = hmac.new(KEY, b"till\x1f7", hashlib.sha256).hexdigest()[:32]
    assert ids == [expected, expected]
    rows = check_rows(RECORDS, record_rows(records, np.array([0, 0]), ids, set(), AS_OF))
    assert rows["match_status"].to_pylist() == ["matched", "matched"]
    assert rows["cluster_size"].to_pylist() == [2, 2]


def test_the_same_number_in_two_sources_is_two_customers_until_linked():
    ids = customer_ids(number_records(TWO, AS_OF), np.array([0, 1]), KEY)
    assert len(set(ids)) == 2


def test_another_key_gives_ids_that_share_nothing():
    records, label = number_records(TWO, AS_OF), np.array([0, 1])
    assert not set(customer_ids(records, label, KEY)) & set(customer_ids(records, label, KEY[::-1]))


def test_the_order_of_the_references_changes_nothing():
    assert number_records(TWO.take([1, 0]), AS_OF).equals(number_records(TWO, AS_OF))


def test_a_record_first_known_on_the_date_itself_does_not_exist_yet():
    just = NOON - dt.timedelta(seconds=1)
    known = references(("shop", "1", just, 1), ("shop", "2", NOON, 1))
    assert number_records(known, AS_OF)["source_record_id"].to_pylist() == ["1"]


def test_the_date_begins_where_the_company_is():
    assert start_of(AS_OF, "Asia/Shanghai") == dt.datetime.fromisoformat("2024-06-30 16:00")
    known = references(("shop", "1", dt.datetime.fromisoformat("2024-06-30 17:00"), 1))
    assert number_records(known, AS_OF, "UTC").num_rows == 1
    assert number_records(known, AS_OF, "Asia/Shanghai").num_rows == 0


def told(before: dict[str, str], now: dict[str, str], why: Why | None = None):
    known = dict.fromkeys(now, JUNE)
    return changes(before, now, known, NOON, why or Why())


def test_a_first_run_announces_every_customer_and_links_the_rest():
    events = told({}, {"a:1": "A", "b:1": "A", "c:1": "C"})
    assert [(e["event_type"], e["customer_id"], e["record"]) for e in events] == [
        ("created", "A", "a:1"), ("linked", "A", "b:1"), ("created", "C", "c:1"),
    ]  # fmt: skip
    assert {e["occurred_at"] for e in events} == {JUNE}
    assert told({"a:1": "A"}, {"a:1": "A"}) == []


def test_a_merge_keeps_the_older_customer_and_says_why():
    before, now = {"a:1": "A", "b:1": "B"}, {"a:1": "A", "b:1": "A"}
    (event,) = told(before, now)
    assert (event["event_type"], event["customer_id"], event["other_customer_id"]) == (
        "merged", "A", "B",
    )  # fmt: skip
    assert (event["reason"], event["occurred_at"]) == ("evidence", NOON)
    (event,) = told(before, now, Why(same=frozenset({"b:1"})))
    assert event["reason"] == "decided_same"


def test_a_split_leaves_the_id_with_the_founding_record():
    before, now = {"a:1": "A", "b:1": "A"}, {"a:1": "A", "b:1": "B"}
    events = told(before, now, Why(different=frozenset({"b:1"})))
    kinds = [(e["event_type"], e["customer_id"], e["reason"]) for e in events]
    assert kinds == [
        ("split", "A", "decided_different"), ("created", "B", "decided_different"),
    ]  # fmt: skip


def test_a_merge_and_a_split_replay_to_the_same_state_on_any_date():
    states = [
        {"a:1": "A", "b:1": "B"},
        {"a:1": "A", "b:1": "A", "c:1": "A"},
        {"a:1": "A", "b:1": "B", "c:1": "B"},
        {"a:1": "A", "c:1": "C"},
    ]
    _check_replay(states)


@st.composite
def histories(draw) -> list[dict[str, str]]:
    """Return states of a few records over some days; a cluster is named by its oldest record."""
    n = draw(st.integers(1, 6))
    days = []
    for _ in range(draw(st.integers(1, 5))):
        known = [r for r in range(n) if draw(st.booleans())]
        cluster = {r: draw(st.integers(0, 3)) for r in known}
        founder = {c: min(r for r in known if cluster[r] == c) for c in set(cluster.values())}
        days.append({f"s:{r}": f"C{founder[cluster[r]]}" for r in known})
    return days


@given(histories())
def test_any_history_replays_to_the_same_state_on_any_date(states):
    _check_replay(states)


def _check_replay(states: list[dict[str, str]]) -> None:
    days = [AS_OF + dt.timedelta(days=n) for n in range(len(states))]
    tables, before = [], {}
    for day, now in zip(days, states, strict=True):
        events = event_rows(changes(before, now, dict.fromkeys(now, JUNE), NOON, Why()), day)
        tables.append(check_rows(EVENTS, events))
        before = now
    ledger = pa.concat_tables(tables)
    for day, state in zip(days, states, strict=True):
        assert replay(ledger, day) == state
    assert replay(ledger, AS_OF - dt.timedelta(days=1)) == {}
