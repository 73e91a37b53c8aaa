"""What a source cannot feed is named with the reason; nothing is off without a word."""

from __future__ import annotations

import logging

import pytest

from crm_tasks.contracts import ops
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiles import load_profile
from crm_tasks.steps.coverage import CAPABILITIES, coverage, record_coverage
from crm_tasks.warehouse.ledger import Ledger
from tests.landing.builders import profile, source_table

CAMPAIGN = {"map": {"campaign_source_id": "id", "start_date": "name"}}
CONTACT = {"map": {"contact_source_id": "id", "customer_source_id": "name"}}
CUSTOMER = {"map": {"customer_source_id": "id"}}


def rows_of(told):
    return {row["capability"]: row for row in coverage(told)}


def test_each_capability_has_one_row_on_or_off():
    rows = coverage(load_profile("completejourney"))
    assert [row["capability"] for row in rows] == [c.name for c in CAPABILITIES]
    assert {row["status"] for row in rows} == {"on", "off"}
    assert all(len(row["reason"]) > 15 for row in rows)


def test_the_bundled_source_has_purchases_and_no_browsing():
    rows = rows_of(load_profile("completejourney"))
    on = {name for name, row in rows.items() if row["status"] == "on"}
    assert on == {"purchases", "campaigns", "redemptions"}
    assert rows["browse"]["reason"].startswith("no source feeds page_views: ")


def test_a_capability_with_half_its_needs_is_off_and_names_the_missing_half():
    rows = rows_of(profile(source_table({"campaigns": CAMPAIGN})))
    assert rows["campaigns"]["status"] == "off"
    assert rows["campaigns"]["reason"].startswith("no source feeds contacts: ")
    both = rows_of(profile(source_table({"campaigns": CAMPAIGN, "contacts": CONTACT})))
    assert both["campaigns"]["status"] == "on"
    assert both["campaigns"]["reason"] == "fed by campaigns, contacts"


def test_identity_is_on_with_the_first_identifying_column():
    plain = source_table({"customers": CUSTOMER})
    named = source_table(
        {"customers": CUSTOMER}, columns={"id": "plain", "mail": {"identifying": "email"}}
    )
    assert rows_of(profile(plain))["identity"]["status"] == "off"
    assert rows_of(profile(named))["identity"]["status"] == "on"


def test_capabilities_wait_for_entities_that_exist():
    waited_for = {need for capability in CAPABILITIES for need in capability.needs}
    assert waited_for <= {*ENTITIES, "identifying columns"}


def test_nothing_is_off_for_the_planted_company():
    rows = coverage(load_profile("planted"))
    assert [row["capability"] for row in rows if row["status"] == "off"] == []


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ops.sqlite")
    ledger.open_attempt("a", "p")
    return ledger


def test_it_is_recorded_once_per_run_and_told_in_one_line(ledger, caplog):
    told = load_profile("completejourney")
    with caplog.at_level(logging.INFO):
        for run_id in ("one", "one", "two"):
            record_coverage(ledger, ledger.claim("a", "land", None), run_id, told)
    rows = ledger.store.arrow(ops.PIPELINE_COVERAGE).to_pylist()
    assert len(rows) == 2 * len(CAPABILITIES)
    assert {row["run_id"] for row in rows} == {"one", "two"}
    assert len(caplog.messages) == 3
    assert caplog.messages[0].startswith("off: browse, reviews, ")
    assert "purchases" not in caplog.messages[0]
