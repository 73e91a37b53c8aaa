"""References between tables are found by the values they share."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.mapping import best_fit
from crm_tasks.profiling.matching import matches
from crm_tasks.profiling.references import known_references, masters_of
from crm_tasks.profiling.vocabulary import vocabulary
from tests.profiling.tables import table

CUSTOMERS = table("customers", {"customer_id": [f"K{n}" for n in range(20)], "city": ["x"] * 20})


def orders(**columns):
    base = {"order_id": [f"O{n}" for n in range(20)], "ordered_at": ["2024-01-01"] * 20}
    return table("orders", base | columns)


def known(made):
    masters = masters_of([CUSTOMERS], [best_fit(CUSTOMERS)])
    return known_references(made, best_fit(made), masters)


def test_a_table_whose_rows_are_customers_is_their_master():
    masters = masters_of([CUSTOMERS], [best_fit(CUSTOMERS)])
    assert {name: (m.table, m.column) for name, m in masters.items()} == {
        "customers": ("customers", "customer_id")
    }


def test_shared_values_make_a_named_reference_surer():
    found = known(orders(client=[f"K{n % 9}" for n in range(20)]))["customer_source_id"]
    assert found.column == "client"
    assert found.confidence > 0.95
    assert "100% of its values stand in customers.customer_id" in found.remark.en


def test_shared_values_find_a_reference_its_name_does_not_tell():
    found = known(orders(flurb=[f"K{n % 9}" for n in range(20)]))["customer_source_id"]
    assert (found.column, found.confidence) == ("flurb", 0.85)


def test_small_numbers_are_alike_everywhere_and_point_nowhere():
    numbered = table("customers", {"customer_id": list(range(1, 21)), "city": ["x"] * 20})
    masters = masters_of([numbered], [best_fit(numbered)])
    made = orders(flurb=[n % 9 + 1 for n in range(20)])
    assert known_references(made, best_fit(made), masters) == {}
    made = orders(flurb_id=[n % 9 + 1 for n in range(20)])
    assert (
        known_references(made, best_fit(made), masters)["customer_source_id"].column == "flurb_id"
    )


def test_orphans_make_a_reference_less_sure_and_are_said():
    found = known(orders(customer=[f"Z{n}" for n in range(20)]))["customer_source_id"]
    assert found.confidence == pytest.approx(0.8)
    assert "only 0%" in found.remark.en


def test_of_several_columns_each_serves_the_field_that_gives_most_in_all():
    contacts = table(
        "contacts",
        {
            "contact_id": ["1", "2"],
            "customer_id": ["a", "b"],
            "campaign_id": ["x", "y"],
            "sent_at": ["2024-01-01"] * 2,
        },
    )
    found = matches(contacts.facts, vocabulary()["contacts"], 1.0)
    assert {name: match.column for name, match in found.items()} == {
        "contact_source_id": "contact_id",
        "customer_source_id": "customer_id",
        "campaign_source_id": "campaign_id",
        "sent_at": "sent_at",
    }
