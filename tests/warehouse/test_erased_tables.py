"""A person leaves every table: whatever names one goes, the sale stays."""

from __future__ import annotations

import pyarrow as pa

from crm_tasks.warehouse.erased_tables import Person

ANNE, BERT = "a" * 32, "b" * 32


def person():
    return Person(frozenset({ANNE}), frozenset({"shop:7"}))


def test_a_row_of_the_person_goes_and_those_of_others_stay():
    who = person()
    rows = pa.table({"customer_id": [ANNE, BERT], "segment": ["x", "y"]})
    assert who.taken_out("ml.segments", rows)["customer_id"].to_pylist() == [BERT]
    assert dict(who.deleted) == {"ml.segments": 1}
    assert who.taken_out("ml.segments", rows.slice(1)) is None


def test_an_order_stays_without_its_customer():
    who = person()
    rows = pa.table({"order_id": ["1", "2"], "customer_id": [ANNE, None]})
    kept = who.taken_out("core.fct_orders", rows)
    assert kept.to_pylist() == [{"order_id": "1", "customer_id": None},
                                {"order_id": "2", "customer_id": None}]  # fmt: skip
    assert +who.pseudonymised == {"core.fct_orders": 1}
    assert +who.deleted == {}


def test_an_id_inside_a_longer_key_is_found():
    rows = pa.table({"node_id": [f"customer|{ANNE}", f"customer|{BERT}"]})
    assert person().taken_out("graph.nodes", rows).num_rows == 1


def test_records_are_told_by_source_and_number():
    rows = pa.table(
        {"source_system": ["shop", "till", "shop"], "source_record_id": ["7", "7", "8"],
         "customer_id": [BERT] * 3}
    )  # fmt: skip
    kept = person().taken_out("identity.records", rows)
    assert kept["source_system"].to_pylist() == ["till", "shop"]
    links = pa.table({"record_l": ["shop:7", "shop:71"], "record_r": ["till:1", "till:2"]})
    assert person().taken_out("identity.links", links)["record_l"].to_pylist() == ["shop:71"]


def test_what_happened_to_somebody_else_stays_without_the_name():
    rows = pa.table({"event_id": ["1"], "customer_id": [BERT], "other_customer_id": [ANNE]})
    kept = person().taken_out("identity.events", rows)
    assert kept["other_customer_id"].to_pylist() == [None]


def test_a_table_without_texts_says_nothing_of_anybody():
    assert person().taken_out("bi.whatever", pa.table({"n": [1]})) is None
    nobody = pa.table({"customer_id": pa.array([], pa.string())})
    assert person().taken_out("ml.segments", nobody) is None
