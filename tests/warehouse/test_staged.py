"""What typed rows say about change, counted in a staging one can check by eye."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.staged import Change, changes, known_from

AS_OF = dt.datetime.fromisoformat("2024-02-01")
SEEN = dt.datetime.fromisoformat("2024-01-20")
#: batch, key, moment from which it counts as known, why core does not read it, place
ROWS = [
    ("b1", "kept", "2024-01-05", None, 1),
    ("b1", "corrected", "2024-01-05", None, 1),
    ("b1", "gone", "2024-01-05", None, 1),
    ("b1", "back", "2024-01-05", None, 1),
    ("b1", "broken", None, "E_TYPE_x", 1),
    ("b2", "corrected", "2024-01-25", None, 2),
    ("b2", "late", "2024-01-19", None, 2),
    ("b2", "gone", "2024-01-25", "DELETED", 2),
    ("b2", "back", "2024-01-25", "DELETED", 2),
    ("b3", "back", "2024-01-26", None, 3),
    ("b3", "tomorrow", "2024-02-01", "DELETED", 3),
]


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    with duckdb.connect(str(home.warehouse_file)) as connection:
        connection.execute("create schema staging")
        for name, entity in ENTITIES.items():
            keys = ", ".join(f"{key} varchar" for key in entity.key)
            connection.execute(
                f"create table staging.stg_{name} (batch_id varchar, source_system varchar, "
                f"{keys}, known_at timestamp, reject_reason varchar, landing_sequence bigint, "
                "record_no bigint)"
            )
        connection.executemany(
            "insert into staging.stg_orders values (?, 's', ?, ?, ?, ?, 1)", ROWS
        )
    return home


def test_a_delivery_is_told_by_what_it_corrects_deletes_and_brings_late(home):
    (told,) = changes(home, ["orders"], {"b2", "b3"}, AS_OF, SEEN)
    assert told == Change("orders", n_delivered=6, n_corrections=4, n_late=1, n_deleted=1)


def test_without_a_delivery_what_is_deleted_is_told_all_the_same(home):
    (told,) = changes(home, ["orders"], (), AS_OF, SEEN)
    assert told == Change("orders", 0, 0, 0, n_deleted=1)
    (before,) = changes(home, ["orders"], (), dt.datetime.fromisoformat("2024-01-10"), SEEN)
    assert before.n_deleted == 0


def test_a_batch_reaches_as_far_back_as_its_earliest_record(home):
    found = known_from(home, ["b1", "b2", "nothing"])
    assert found == {
        "b1": dt.datetime.fromisoformat("2024-01-05"),
        "b2": dt.datetime.fromisoformat("2024-01-19"),
    }
    with duckdb.connect(str(home.warehouse_file)) as connection:
        connection.execute(
            "insert into staging.stg_products (batch_id, source_system, product_source_id) "
            "values ('b1', 's', 'p')"
        )
    assert known_from(home, ["b1"]) == {"b1": None}
    assert known_from(home, []) == {}
