"""`crm quarantine` lists, shows byte for byte and takes up again."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from crm_tasks.cli.quarantine import app
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.quarantine import set_aside
from tests.flow.small_company import write_small_company

SEMICOLONS = b"K901;a@example.org;31;2024-01-06\n"


@pytest.fixture
def landed(tmp_path):
    """Return a home in which one record was set aside, and its profile."""
    company = write_small_company(tmp_path / "company")
    people = company.parent / "data" / "customers.csv"
    people.write_bytes(people.read_bytes() + SEMICOLONS)
    home = Home(tmp_path / "home")
    run_step("land", Attempt("a", str(company), str(home.root)))
    return home, company


def said(home, *arguments):
    done = CliRunner().invoke(app, [*map(str, arguments), "--home", str(home.root)])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def test_a_record_is_listed_by_reason_without_its_values(landed):
    home, _ = landed
    (row,) = set_aside(Ledger(home.ops_file))

    text = said(home, "list", "--reason", "E_FIELD_COUNT")

    assert row["quarantine_id"].encode() in text
    assert b"example.org" not in text
    assert b"nothing" in said(home, "list", "--reason", "E_ENCODING")
    assert b"nothing" in said(home, "list", "--source", "elsewhere")


def test_a_record_is_shown_byte_for_byte_and_that_is_audited(landed):
    home, company = landed
    ledger = Ledger(home.ops_file)
    (row,) = set_aside(ledger)
    name = row["quarantine_id"][:10]

    assert b"E_FIELD_COUNT" in said(home, "show", name)
    assert said(home, "show", name, "--raw", "--profile", company) == SEMICOLONS
    query = "select object from audit_log where action = 'quarantine.opened'"
    assert [found["object"] for found in ledger.store.rows(query)] == [row["quarantine_id"]]


def test_a_record_is_taken_up_again(landed):
    home, company = landed

    assert b"1 of 1" in said(home, "replay", "--delimiter", ";", "--profile", company)
    assert b"nothing" in said(home, "list")
    assert b"E_FIELD_COUNT" in said(home, "list", "--released")
