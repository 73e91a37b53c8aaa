"""Staging's own SQL, rendered without dbt, does to a text what staging does.

tests/bad_inputs/test_typed.py compares the verdicts with those of a real build.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from crm_tasks.contracts.entities import ENTITIES, METADATA
from crm_tasks.contracts.staging_macros import staged, typed

AS_OF = dt.date(2024, 7, 1)
ORDERS = ENTITIES["orders"]


def read(field: str, text: str, zone: str = "UTC"):
    sql = typed(ENTITIES["order_items"], AS_OF, zone, "EUR")[field]
    with duckdb.connect() as connection:
        return connection.execute(f"select {sql} from (select ? as {field})", [text]).fetchone()[0]


def landed(connection, **values: str | None) -> None:
    """Land one order; what is not said is NULL."""
    columns = METADATA | dict.fromkeys(ORDERS.field_names, "VARCHAR")
    told = {"landed_at": "2024-07-01 03:00:00", "known_at_rule": "event"} | values
    row = ", ".join(f"cast(? as {kind}) as {name}" for name, kind in columns.items())
    connection.execute("create schema landing")
    connection.execute(
        f"create table landing.landing_orders as select {row}", [told.get(name) for name in columns]
    )


def verdict(**values: str | None):
    with duckdb.connect() as connection:
        landed(connection, **values)
        model = staged(ORDERS, AS_OF, "UTC", "EUR")
        return connection.execute(f"select reject_reason from ({model})").fetchone()[0]


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("quantity", "3.0", 3),
        ("quantity", "3.7", None),
        ("quantity", "1_000", None),
        ("net_amount", " 1.50 ", 1.5),
        ("net_amount", "0.125", None),
        ("order_source_id", "", None),
        ("ordered_at", "2024-01-02", dt.datetime(2024, 1, 2)),  # noqa: DTZ001
        ("ordered_at", "infinity", None),
        ("ordered_at", "2024-01-02T10:00:00+08:00", dt.datetime(2024, 1, 2, 2)),  # noqa: DTZ001
    ],
)
def test_a_text_is_read_as_staging_reads_it(field, text, expected):
    found = read(field, text)
    assert found == expected or float(found) == expected


def test_times_without_an_offset_are_where_the_company_is():
    assert read("ordered_at", "2024-01-02 10:00:00", "Asia/Shanghai") == dt.datetime(2024, 1, 2, 2)  # noqa: DTZ001


def test_a_row_is_refused_for_the_reason_staging_gives():
    good = {"order_source_id": "1", "ordered_at": "2024-01-02"}
    assert verdict(**good) is None
    assert verdict(**good | {"order_source_id": " "}) == "E_REQUIRED_order_source_id"
    assert verdict(**good | {"ordered_at": "02/01/2024"}) == "E_TYPE_ordered_at"
    assert verdict(**good | {"ordered_at": "2999-01-01"}) == "E_RANGE_ordered_at"


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_model_can_be_rendered(entity):
    told = typed(ENTITIES[entity], AS_OF, "UTC", "EUR")
    assert set(told) == set(ENTITIES[entity].field_names)
    assert f"landing.landing_{entity}" in staged(ENTITIES[entity], AS_OF, "UTC", "EUR")


def test_exceptions_that_one_model_makes_hold():
    assert verdict(order_source_id="1", ordered_at="", paid_at="2024-01-03") is None
