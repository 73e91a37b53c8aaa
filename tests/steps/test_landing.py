"""Landing: immutable batches, nothing lost, nothing twice, no identifier in the lake."""

from __future__ import annotations

import datetime as dt
import shutil

import pyarrow.parquet as pq
import pytest
import yaml

from crm_tasks.errors import LandingRefused, SettingsError
from crm_tasks.privacy.keys import DEMO_SECRET, derived_key
from crm_tasks.privacy.vault import Vault
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from tests.flow.small_company import write_small_company

CANARY = b"Person7@example.org"


@pytest.fixture
def company(tmp_path):
    return write_small_company(tmp_path / "company")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def land(home, profile, attempt="a"):
    return run_step("land", Attempt(attempt, str(profile), str(home.root)))


def batches(home):
    return Ledger(home.ops_file).store.rows("select * from batches order by landing_sequence")


def test_records_are_loaded_quarantined_or_blank(home, company):
    lines = company.parent / "data" / "customers.csv"
    lines.write_bytes(lines.read_bytes() + b"\nbroken,record\n")

    report = land(home, company)

    people = next(batch for batch in batches(home) if batch["table_name"] == "customers")
    assert people["n_records"] == people["n_loaded"] + 2
    assert (people["n_quarantined"], people["n_blank"]) == (1, 1)
    assert report["rows_in"] == report["rows_written"] + report["rows_quarantined"] + 1


def test_the_raw_bytes_of_a_quarantined_record_can_be_got_back(home, company):
    lines = company.parent / "data" / "customers.csv"
    lines.write_bytes(lines.read_bytes() + b"broken,\xff\xfe\n")
    land(home, company)
    (row,) = Ledger(home.ops_file).store.rows("select * from quarantine")
    name, record = row["payload_ref"].split("#")
    vault = Vault(home.vault, derived_key(DEMO_SECRET.encode(), "vault"))

    kept = vault.get(f"{name}/part-00000").to_pylist()

    assert kept == [{"record_no": int(record), "raw": b"broken,\xff\xfe\n"}]
    assert row["byte_length"] == len(b"broken,\xff\xfe\n")


def test_identifying_values_are_in_no_file_of_the_home(home, company):
    land(home, company)
    files = [path for path in home.root.rglob("*") if path.is_file()]

    assert files
    assert CANARY in (company.parent / "data" / "customers.csv").read_bytes()
    assert [path for path in files if CANARY in path.read_bytes()] == []
    parquet = next(home.landing.glob("*/customers/*/rows.parquet"))
    rows = pq.read_table(parquet, partitioning=None)
    assert "email" not in rows.column_names
    assert not [v for v in rows.column("email_token").to_pylist() if v and "@" in v]
    assert set(rows.column("email_status").to_pylist()) == {"valid", "empty", "invalid: E_EMAIL"}


def test_a_replayed_or_renamed_file_is_not_landed_twice(home, company):
    first = land(home, company)
    orders = company.parent / "data" / "lines-1.csv"
    shutil.copy(orders, orders.with_name("lines-3.csv"))

    again = land(home, company, "b")

    assert again["rows_written"] == first["rows_written"]
    assert len(batches(home)) == len({batch["batch_id"] for batch in batches(home)})


def test_landing_order_and_ids_are_the_same_on_a_fresh_home(home, company, tmp_path):
    land(home, company)
    other = Home(tmp_path / "other")
    land(other, company)

    assert [b["batch_id"] for b in batches(home)] == [b["batch_id"] for b in batches(other)]
    assert [b["landing_sequence"] for b in batches(home)] == list(range(1, len(batches(home)) + 1))


def test_a_batch_whose_row_was_lost_is_recorded_again_from_its_manifest(home, company):
    land(home, company)
    before = batches(home)
    with Ledger(home.ops_file).store.transaction() as connection:
        connection.execute("delete from batches where landing_sequence = 1")
        connection.execute("delete from attempts")

    land(home, company)

    assert {b["batch_id"] for b in batches(home)} == {b["batch_id"] for b in before}


def test_a_refused_file_leaves_no_batch_and_no_leftover(home, company):
    people = company.parent / "data" / "customers.csv"
    people.write_text(people.read_text().replace("customer_no,email", "customer_no,mail"))

    with pytest.raises(LandingRefused, match="did you mean 'mail'"):
        land(home, company)

    assert not list(home.landing.rglob("*customers*/batch=*"))
    assert not list(home.landing.rglob(".*"))


def test_a_retyped_column_is_a_schema_change(home, company):
    land(home, company)
    products = company.parent / "data" / "products.parquet"
    rows = pq.read_table(products)
    price = rows.column("price").cast("string")
    pq.write_table(rows.set_column(rows.schema.get_field_index("price"), "price", price), products)

    land(home, company, "b")

    (change,) = Ledger(home.ops_file).store.rows("select * from schema_changes")
    assert (change["table_name"], change["column_name"]) == ("products", "price")
    assert (change["change"], change["detail"]) == ("retyped", "double -> string")


def test_a_retry_of_a_frozen_attempt_is_the_same_run_whatever_arrived(home, company):
    land(home, company)
    first = Ledger(home.ops_file).run_of_attempt("a")
    orders = company.parent / "data" / "lines-1.csv"
    shutil.copy(orders, orders.with_name("lines-3.csv"))
    with orders.with_name("lines-3.csv").open("a") as file:
        file.write("O9999;1;C001;2024-06-30 09:00:00;P001;1;1.00\n")

    land(home, company)
    retried = Ledger(home.ops_file).run_of_attempt("a")
    land(home, company, "b")

    assert retried["run_id"] == first["run_id"]
    assert Ledger(home.ops_file).run_of_attempt("b")["run_id"] != first["run_id"]


def test_without_any_date_as_of_is_the_day_after_the_last_event(home, company):
    text = company.read_text()
    default = next(line for line in text.splitlines() if line.startswith("default_as_of"))
    company.write_text(text.replace(default + "\n", ""))

    land(home, company)

    lines = (company.parent / "data" / "orders.csv").read_text().splitlines()[1:]
    moments = [line.split(",")[2] for line in lines]
    last = max(dt.datetime.fromisoformat(moment) for moment in moments if moment).date()
    as_of = Ledger(home.ops_file).run_of_attempt("a")["as_of_date"]
    assert as_of == (last + dt.timedelta(days=1)).isoformat()


def test_an_as_of_that_is_no_date_is_told_so(home, company):
    with pytest.raises(SettingsError, match="expected a date"):
        run_step("land", Attempt("a", str(company), str(home.root), as_of="soon"))


def test_coverage_says_what_the_source_cannot_feed_and_why(home, company):
    land(home, company)

    rows = Ledger(home.ops_file).store.rows("select * from pipeline_coverage")
    off = {row["capability"]: row["reason"] for row in rows if row["status"] == "off"}

    assert set(off) == {"randomised_outcomes"}
    assert off["randomised_outcomes"].startswith("no source feeds outcomes: ")


# --- change over time -----------------------------------------------------------------------------


def declare(profile, table, **more):
    """Say more of a table in the profile."""
    told = yaml.safe_load(profile.read_text(encoding="utf-8"))
    (found,) = [t for t in told["sources"][0]["tables"] if t["name"] == table]
    found |= more
    profile.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


def test_one_file_split_into_ten_lands_the_same_records(home, company, tmp_path):
    whole = Home(tmp_path / "whole")
    land(whole, company)
    data = company.parent / "data"
    header, *lines = (data / "lines-1.csv").read_text().splitlines()
    (data / "lines-1.csv").unlink()
    for part in range(10):
        text = "\n".join([header, *lines[part::10], ""])
        (data / f"lines-1{part}.csv").write_text(text)
    land(home, company)
    counted = [
        sum(b["n_loaded"] for b in batches(place) if b["table_name"] == "lines")
        for place in (whole, home)
    ]
    assert counted[0] == counted[1] > 1000


def test_the_sole_file_of_a_full_table_may_come_back_to_what_it_was(home, company):
    declare(company, "customers", load="full")
    people = company.parent / "data" / "customers.csv"
    first = people.read_bytes()
    shorter = b"".join(first.splitlines(keepends=True)[:-1])
    for number, content in enumerate((first, shorter, first, first)):
        people.write_bytes(content)
        land(home, company, f"attempt-{number}")
    found = [b for b in batches(home) if b["table_name"] == "customers"]
    assert [b["delivery_no"] for b in found] == [1, 1, 2]
    assert found[0]["source_file_sha256"] == found[2]["source_file_sha256"]
    assert len({b["batch_id"] for b in found}) == 3


def test_a_file_of_an_append_table_that_comes_back_is_a_replay(home, company):
    people = company.parent / "data" / "customers.csv"
    first = people.read_bytes()
    for number, content in enumerate((first, first + b"K900,,19-24,2024-01-01\n", first)):
        people.write_bytes(content)
        land(home, company, f"attempt-{number}")
    assert len([b for b in batches(home) if b["table_name"] == "customers"]) == 2


def test_a_column_the_profile_learns_of_later_keeps_what_landed_in_its_place(home, company):
    land(home, company)
    before = {b["source_file_sha256"]: b for b in batches(home) if b["table_name"] == "orders"}
    declare(company, "orders", optional_columns=["till"],
            columns={"order_no": "plain", "customer_no": "plain", "ordered": "plain",
                     "paid": "plain", "till": "plain"})  # fmt: skip
    newer = company.parent / "data" / "orders.csv"
    newer.with_name("orders-2.csv").write_text(
        "order_no,customer_no,ordered,paid,till\nO9000,K001,2024-06-30 10:00:00,,2\n"
    )
    declare(company, "orders", files="orders*.csv")

    land(home, company, "b")

    *_, second, first = [b for b in batches(home) if b["table_name"] == "orders"]
    old = before[first["source_file_sha256"]]
    assert first["landed_at"] == old["landed_at"]
    assert first["first_landing_sequence"] == old["landing_sequence"]
    assert second["first_landing_sequence"] == second["landing_sequence"]


def test_only_what_is_new_counts_as_touched(home, company):
    first = land(home, company)
    assert first["rows_touched"] == first["rows_written"]
    again = land(home, company, "b")
    assert (again["rows_touched"], again["rows_written"]) == (0, first["rows_written"])


def test_an_attempt_may_take_what_was_landed_and_leave_the_sources_alone(home, company):
    land(home, company)
    shutil.rmtree(company.parent / "data")
    attempt = Attempt("b", str(company), str(home.root), reads_sources=False)
    report = run_step("land", attempt)
    assert report["rows_touched"] == 0
    assert report["rows_written"] > 2000
