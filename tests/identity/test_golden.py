"""Of every field the value that should survives, and is named with its record and rule."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.contracts.identity import GOLDEN_CUSTOMERS, GOLDEN_FIELD_SOURCES
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.golden import RULES, choose_values, field_source_rows, golden_rows

AS_OF = dt.date(2024, 7, 1)
TEXTS = ("name_full", "birth", "gender", "email", "phone", "address", "city_name", "region",
         "country_code", "language_code", "company_name", "acquisition_channel")  # fmt: skip


def owned(*rows: dict) -> pa.Table:
    """Return records of customer A; what a row does not say is missing."""
    told = []
    for number, row in enumerate(rows):
        base = dict.fromkeys((*TEXTS, "birth_year"))
        base |= {"customer_id": "A", "source_system": "crm", "source_record_id": str(number),
                 "known_at": dt.datetime(2024, 1, 1 + number), "landing_sequence": number,  # noqa: DTZ001
                 "name_has_initial": False}  # fmt: skip
        told.append(base | row)
    columns = {name: [row[name] for row in told] for name in told[0]}
    types = {"birth_year": pa.int64(), "landing_sequence": pa.int64(),
             "known_at": pa.timestamp("us"), "name_has_initial": pa.bool_()}  # fmt: skip
    return pa.table({n: pa.array(v, types.get(n, pa.string())) for n, v in columns.items()})


@pytest.fixture
def survivors(scratch):
    def choose(*rows: dict) -> dict[str, dict]:
        engine = scratch(owned=owned(*rows))
        choose_values(engine, {"crm": 4, "shop": 3, "blog": 1})
        found = check_rows(GOLDEN_FIELD_SOURCES, field_source_rows(engine, AS_OF))
        return {row["field"]: row for row in found.to_pylist()}

    return choose


def test_the_latest_contact_survives_whatever_the_source(survivors):
    found = survivors(
        {"email": "old@x.example"}, {"email": "new@x.example", "source_system": "blog"}
    )
    assert (found["email"]["source_record_id"], found["email"]["rule"]) == ("1", "most_recent")
    assert found["email"]["n_values"] == 2


def test_the_source_trusted_most_decides_about_gender(survivors):
    found = survivors({"gender": "F"}, {"gender": "M", "source_system": "blog"})
    assert (found["gender"]["source_record_id"], found["gender"]["rule"]) == ("0", "most_trusted")


def test_the_birth_date_most_records_agree_on_survives(survivors):
    one, other = {"birth": "1980-02-03"}, {"birth": "1980-03-02"}
    found = survivors(other, {**one, "source_system": "blog"}, {**one, "source_system": "shop"})
    assert found["birth_date"]["source_record_id"] == "2"
    assert found["birth_date"]["rule"] == "most_agreed"


def test_a_full_name_survives_an_initial(survivors):
    found = survivors({"name_full": "anne weatherby", "source_system": "blog"},
                      {"name_full": "a weatherby", "name_has_initial": True})  # fmt: skip
    assert (found["name"]["source_record_id"], found["name"]["rule"]) == ("0", "most_complete")


def test_what_nobody_knows_has_no_source(survivors):
    assert set(survivors({"email": "a@x.example"})) == {"email"}


def test_the_golden_customer_says_nothing_that_identifies(scratch):
    row = {"email": "a@x.example", "city_name": "Leeds", "birth_year": 1980, "gender": "F"}
    engine = scratch(owned=owned(row))
    choose_values(engine, {})
    confidence = pa.table({"customer_id": ["A", "B"], "identity_confidence": [0.9, 1.0]})
    engine.register("confidence", confidence)
    rows = golden_rows(engine, AS_OF, has_email=True, has_phone=False)
    one, other = check_rows(GOLDEN_CUSTOMERS, rows).to_pylist()
    assert (one["city"], one["birth_year"], one["gender"]) == ("Leeds", 1980, "F")
    assert (one["has_email"], one["has_phone"], one["identity_confidence"]) == (True, None, 0.9)
    assert (other["has_email"], other["city"]) == (False, None)
    assert {"name", "email", "address"}.isdisjoint(GOLDEN_CUSTOMERS.column_names)
    assert {"name", "email", "birth_date"} <= RULES.keys()
