"""What was set aside can be listed, shown byte for byte and taken up again."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key
from crm_tasks.privacy.vault import Vault
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.replay import replay
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.quarantine import find_set_aside, landed_record, raw_bytes, set_aside
from tests.flow.small_company import write_small_company

GBK_LINE = "K900,李@example.org,30,2024-01-05\n".encode("gbk")
SEMICOLONS = b"K901;a@example.org;31;2024-01-06\n"


@pytest.fixture
def company(tmp_path):
    return write_small_company(tmp_path / "company")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def soil(company, *lines):
    path = company.parent / "data" / "customers.csv"
    path.write_bytes(path.read_bytes() + b"".join(lines))


def land(home, profile, attempt="a"):
    run_step("land", Attempt(attempt, str(profile), str(home.root)))
    return Ledger(home.ops_file)


def settings_of(home, company):
    return load_settings(home=home.root, profile=str(company))


def test_a_replay_in_the_right_dialect_lands_what_a_clean_file_would_have_held(home, company):
    soil(company, GBK_LINE, SEMICOLONS)
    ledger = land(home, company)

    first = replay(
        settings_of(home, company), ledger, reason="E_ENCODING", dialect={"encoding": "gbk"}
    )
    second = replay(settings_of(home, company), ledger, dialect={"delimiter": ";"})

    assert (first.rows_in, first.rows_written) == (1, 1)
    assert (second.rows_in, second.rows_written) == (1, 1)
    assert set_aside(ledger) == []
    assert len(set_aside(ledger, also_released=True)) == 2
    landed = [
        pq.read_table(f, partitioning=None) for f in home.landing.glob("*/customers/*/*.parquet")
    ]
    found = {r["customer_no"]: r for t in landed for r in t.to_pylist()}
    assert found["K900"]["age"] == "30"
    assert found["K901"]["registered"] == "2024-01-06"
    assert found["K900"]["email_status"] == "valid"


def test_a_replay_that_does_not_help_changes_nothing(home, company):
    soil(company, SEMICOLONS)
    ledger = land(home, company)

    report = replay(settings_of(home, company), ledger)

    assert (report.rows_in, report.rows_written, report.rows_quarantined) == (1, 0, 1)
    assert [row["reason"] for row in set_aside(ledger)] == ["E_FIELD_COUNT"]


def test_a_replay_twice_lands_once(home, company):
    soil(company, SEMICOLONS)
    ledger = land(home, company)

    replay(settings_of(home, company), ledger, dialect={"delimiter": ";"})
    again = replay(settings_of(home, company), ledger, dialect={"delimiter": ";"})

    assert again.rows_in == 0


def test_a_file_landed_again_under_a_mended_profile_releases_its_records(home, company):
    path = company.parent / "data" / "customers.csv"
    path.write_bytes(path.read_bytes() + GBK_LINE)
    ledger = land(home, company)
    assert len(set_aside(ledger)) == 1

    mended = company.read_text().replace(
        "files: customers.csv", "files: customers.csv\n        encoding: gbk"
    )
    company.write_text(mended)
    land(home, company, "b")

    assert set_aside(ledger) == []


def test_raw_bytes_come_out_as_they_went_in(home, company):
    soil(company, GBK_LINE)
    ledger = land(home, company)
    (row,) = set_aside(ledger, source="shop", reason="E_ENC" + "ODING")
    vault = Vault(home.vault, derived_key(DEMO_SECRET.encode(), "vault"))

    assert raw_bytes(vault, row) == GBK_LINE
    assert find_set_aside(ledger, row["quarantine_id"][:8]) == row
    with pytest.raises(RunStateError, match="no record"):
        find_set_aside(ledger, "zz")


def test_a_row_staging_refused_is_found_in_the_lake(home, company):
    ledger = land(home, company)
    query = "select batch_id from batches where table_name = 'orders'"
    (batch,) = ledger.store.rows(query)
    row = {"quarantine_id": "q", "batch_id": batch["batch_id"], "source_record_id": "3"}

    record = landed_record(home, ledger, row)

    line = (company.parent / "data" / "orders.csv").read_text().splitlines()[3]
    names = ("order_no", "customer_no", "ordered", "paid")
    assert [record[name] for name in names] == line.split(",")


def test_a_refused_file_is_listed_until_it_lands(home, company):
    people = company.parent / "data" / "customers.csv"
    whole = people.read_bytes()
    people.write_bytes(whole.replace(b"customer_no,email", b"customer_no,mail"))
    with pytest.raises(Exception, match="E_HEADER"):
        land(home, company)
    ledger = Ledger(home.ops_file)
    (row,) = set_aside(ledger)
    assert (row["stage"], row["reason"], row["byte_length"]) == ("file", "E_HEADER", len(whole) - 1)

    told = company.read_text().replace("email: {identifying", "mail: {identifying", 1)
    company.write_text(told.replace("email_token: email_token", "email_token: mail_token", 1))
    land(home, company, "b")

    assert set_aside(ledger) == []
