"""Files of a company become a profile that runs."""

from __future__ import annotations

import duckdb
import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile
from crm_tasks.profiling.company import Told
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.profile_init import propose, write, write_new
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from tests.steps.exports import COMPANIES, N_INVOICES, N_LINES, N_MEMBERS, N_ORDERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The exports of three companies, and the profile proposed for all of them at once."""
    folder = tmp_path_factory.mktemp("exports")
    paths = [path for name, make in COMPANIES.items() for path in make(folder / "data" / name)]
    out = folder / "company.yml"
    write(propose(paths, out, Limits(), Told("company")), out)
    return folder


@pytest.fixture(scope="module")
def profile(folder):
    return load_profile(str(folder / "company.yml"))


def tables(profile, system):
    source = next(source for source in profile.sources if source.source_system == system)
    return {table.name: table for table in source.tables}


def test_nothing_had_to_be_edited_and_each_folder_is_a_source(profile):
    assert {source.source_system: source.root for source in profile.sources} == {
        name: f"data/{name}" for name in COMPANIES
    }
    assert profile.currency_code == "XXX"  # euros and yuan in one company


def test_a_flat_file_is_read_as_it_is_written_and_feeds_four_entities(profile):
    (sales,) = tables(profile, "till").values()
    assert (sales.files, sales.encoding, sales.delimiter) == ("sales-2024-*.csv", "cp1252", ";")
    assert {feed.entity: feed.one_row_per for feed in sales.feeds} == {
        "orders": ("InvoiceNo",),
        "customers": ("CustomerID",),
        "products": ("StockCode",),
        "order_items": None,
    }
    assert sales.formats_of("UnitPrice").decimal == ","
    assert sales.formats_of("UnitPrice").currency == ("€",)
    assert sales.formats_of("InvoiceDate").timestamp == "%d.%m.%Y %H:%M"


def test_chinese_tables_are_known_by_their_names(profile):
    found = tables(profile, "branch")
    assert {table.encoding for table in found.values()} == {"gbk"}
    assert {feed.entity for table in found.values() for feed in table.feeds} == {
        "customers", "orders", "order_items", "products"
    }  # fmt: skip
    members = next(table for table in found.values() if "姓名" in table.columns)
    assert members.identifying == {"姓名": "name", "手机号": "phone"}


def test_every_format_is_known_by_its_content(profile):
    found = tables(profile, "web_shop")
    assert {name: (table.format, table.compressed_by) for name, table in found.items()} == {
        "users": ("jsonl", "none"),
        "orders": ("json", "none"),
        "products": ("xlsx", "none"),
        "campaigns": ("csv", "zip"),
        "mailings": ("csv", "gzip"),
    }
    assert found["orders"].records == "result.orders"
    assert found["mailings"].encoding == "utf-16-le"
    assert found["users"].identifying["profile.email"] == "email"
    assert "tags" not in found["users"].columns  # lists stay in the payload, in the vault
    assert found["mailings"].formats_of("sent_at").date == "%m/%d/%Y"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_profile_runs_through_landing_staging_and_core_unchanged(folder):
    home = Home(folder / "home")
    attempt = Attempt("a", str(folder / "company.yml"), str(home.root))
    for step in ("land", "staging", "gate_landing", "identity", "core"):
        run_step(step, attempt)
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        rejected = connection.sql(
            "select entity, count(*) from (select 'customers' as entity, reject_reason from "
            "staging.stg_customers union all select 'lines', reject_reason from "
            "staging.stg_order_items) where reject_reason is not null group by entity"
        ).fetchall()
        lines = connection.sql(
            "select source_system, count(*) from staging.stg_order_items group by 1 order by 1"
        ).fetchall()
        orders = connection.sql("select count(*) from core.fct_orders").fetchall()[0][0]
        contacts = connection.sql("select count(*) from core.fct_contacts").fetchall()[0][0]
    # The lines without a customer make one customer without a key, which is refused.
    assert rejected == [("customers", 2)]
    assert lines == [("branch", 2 * N_ORDERS), ("till", N_LINES)]
    assert orders == N_INVOICES + 2 * N_ORDERS
    assert contacts == N_MEMBERS


def test_a_profile_that_is_there_is_not_written_over(tmp_path):
    out = tmp_path / "mine.yml"
    assert write_new("a: 1\n", out) == "a: 1\n"
    with pytest.raises(ProfileError, match="exists"):
        write_new("a: 2\n", out)
    assert out.read_text() == "a: 1\n"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProfileError, match=r"no file .*gone\.csv"):
        propose([tmp_path / "gone.csv"], tmp_path / "x.yml", Limits())


def test_a_file_nobody_can_read_is_an_edit_and_the_others_are_proposed(tmp_path):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(99))
    (tmp_path / "customers.csv").write_text("customer_id,city\n1,a\n2,b\n")
    proposal = propose(
        [tmp_path / "old.xls", tmp_path / "customers.csv"], tmp_path / "x.yml", Limits()
    )
    assert [edit.where for edit in proposal.edits] == ["old.xls"]
    assert "save it as .xlsx" in proposal.edits[0].remark.en
    write(proposal, tmp_path / "x.yml")
    (source,) = load_profile(str(tmp_path / "x.yml")).sources
    assert [table.files for table in source.tables] == ["customers.csv"]
