"""`crm profile check` tells everything that keeps a profile from running, at once."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3

import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.steps.profile_check import check_profile
from tests.flow.small_company import write_small_company

NOW = dt.datetime.fromisoformat("2024-07-02T00:00")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return write_small_company(tmp_path_factory.mktemp("shelf") / "company")


@pytest.fixture
def company(shelf, tmp_path):
    """Return a copy of the small company's profile, to be broken at will."""
    return shutil.copytree(shelf.parent, tmp_path / "company") / shelf.name


def check(path):
    return check_profile(str(path), path.parent / "generated", Limits(), NOW)


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def told(checked):
    return [(f.level, f.where, f.message) for f in checked.findings]


def test_a_profile_that_runs_is_said_to_run_with_what_is_odd_about_its_data(company):
    checked = check(company)
    assert checked.is_runnable
    assert {sample.name.partition(".")[2] for sample in checked.samples} >= {"customers", "lines"}
    messages = [message for _, _, message in told(checked)]
    assert any("1 E_REQUIRED_product_source_id, 1 E_TYPE_net_amount" in text for text in messages)
    assert any("4 of 16 sampled rows repeat a key" in text for text in messages)
    on = {row["capability"] for row in checked.coverage if row["status"] == "on"}
    assert "purchases" in on


def test_every_field_says_how_many_values_fit(company):
    checked = check(company)
    (lines,) = [fit for fit in checked.fits if fit.entity == "order_items"]
    amount = next(field for field in lines.fields if field.field == "net_amount")
    assert amount.n_values - amount.n_fit == 1
    assert amount.n_values == lines.n_rows


def test_all_that_is_wrong_with_the_text_is_told_with_its_lines(company):
    change(company, "currency_code:", "currency_cod:")
    change(company, "entity: orders", "entity: order")
    checked = check(company)
    assert not checked.is_runnable
    messages = " ".join(message for _, _, message in told(checked))
    assert "did you mean 'currency_code'?" in messages
    assert "did you mean 'orders'?" in messages
    assert all(message.startswith("line ") for _, _, message in told(checked))
    assert checked.samples == ()


def test_all_that_is_wrong_with_the_sources_is_told_at_once(company):
    data = company.parent / "data"
    (data / "orders.csv").unlink()
    text = (data / "customers.csv").read_text()
    (data / "customers.csv").write_text(text.replace("email", "mail", 1))
    (data / "campaigns.csv").write_bytes(b"PAR1")
    checked = check(company)
    errors = {
        where.partition(".")[2] or where: m for level, where, m in told(checked) if level == "error"
    }
    assert len(errors) == 3
    assert "missing columns email" in errors["customers"]
    assert "E_TYPE" in errors["campaigns"]
    assert any("no file matches orders.csv" in message for message in errors.values())
    assert {fit.entity for fit in checked.fits} >= {
        "order_items",
        "products",
    }  # the others are read


def test_more_rows_refused_than_a_gate_lets_pass_are_an_error(company):
    path = company.parent / "data" / "orders.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text(
        "\n".join([header, *(line.rpartition(",")[0] + ",soon" for line in lines)]) + "\n"
    )
    checked = check(company)
    (error,) = [message for level, _, message in told(checked) if level == "error"]
    assert error == "600 of 600 sampled rows would be refused: 600 E_TYPE_paid_at"


def test_no_value_of_the_data_is_told(company):
    checked = check(company)
    messages = " ".join(message for _, _, message in told(checked))
    for value in ("Person3", "12,5O", "K003", "not an address"):
        assert value not in messages


def test_nothing_is_kept(company, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    check(company)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_table_that_feeds_nothing_is_told(company):
    text = company.read_text()
    begin = text.index("feeds:")
    end = text.index("- name:", begin)
    company.write_text(text[:begin] + "feeds: []\n      " + text[end:])
    messages = [message for _, _, message in told(check(company))]
    assert any("feeds no entity" in message for message in messages)


def test_a_bundled_profile_is_checked_by_its_name(tmp_path):
    checked = check_profile("completejourney", tmp_path, Limits(), NOW)
    assert checked.is_runnable
    assert len(checked.samples) == 7


DATABASE = """\
profile: shop
title: A shop's database
provenance: Written by hand for a test
time_zone: UTC
currency_code: EUR
contact: {channels: [email]}
sources:
  - source_system: shop
    database: {url: "sqlite:///shop.db"}
    known_at: {rule: event}
    tables:
      - name: orders
        table: orders
        columns: {id: plain, mail: {identifying: email}, at: plain}
        feeds:
          - entity: orders
            map: {order_source_id: id, customer_source_id: mail_token, ordered_at: at}
      - name: gone
        table: gone
        columns: {id: plain}
        feeds: []
"""


def test_a_database_is_sampled_by_its_connector_and_typed_like_files(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.execute("create table orders (id text, mail text, at text)")
        rows = [
            (f"o{n}", f"p{n % 3}@example.org", "2024-01-01" if n else "soon") for n in range(30)
        ]
        shop.executemany("insert into orders values (?, ?, ?)", rows)
        shop.commit()
    (tmp_path / "shop.yml").write_text(DATABASE)
    checked = check(tmp_path / "shop.yml")
    (fit,) = checked.fits
    assert (fit.n_rows, fit.reasons) == (30, {"E_TYPE_ordered_at": 1})
    assert [where for level, where, _ in told(checked) if level == "error"] == ["shop.gone"]
    assert "example.org" not in str(told(checked))


def test_a_table_without_a_record_is_told(tmp_path):
    text = DATABASE.replace('database: {url: "sqlite:///shop.db"}', "root: .")
    text = text.replace("table: orders", "files: orders.csv\n        format: csv")
    (tmp_path / "shop.yml").write_text(text[: text.index("      - name: gone")])
    (tmp_path / "orders.csv").write_text("id,mail,at\n")
    checked = check(tmp_path / "shop.yml")
    assert ("warning", "shop.orders", "holds no record") in told(checked)
    assert checked.is_runnable
