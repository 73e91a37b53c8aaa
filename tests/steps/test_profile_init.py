"""Files of a company become a profile that runs."""

from __future__ import annotations

import socket

import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile
from crm_tasks.profiling.company import Told
from crm_tasks.steps.profile_init import propose, write, write_new
from tests.steps.exports import COMPANIES, EDITS

UNEDITED = tuple(name for name in COMPANIES if name not in EDITS)


@pytest.fixture(scope="module")
def calls():
    """What asked the network while the profile was proposed."""
    return []


@pytest.fixture(scope="module")
def profile(tmp_path_factory, calls):
    """The profile proposed for the exports of all companies at once."""
    folder = tmp_path_factory.mktemp("exports")
    paths = [path for name in UNEDITED for path in COMPANIES[name](folder / "data" / name)]
    out = folder / "company.yml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *asked, **_: calls.append(asked))
        patch.setattr(socket.socket, "connect", lambda _, address: calls.append(address))
        write(propose(paths, out, Limits(), Told("company")), out)
    return load_profile(str(out))


def tables(profile, system):
    source = next(source for source in profile.sources if source.source_system == system)
    return {table.name: table for table in source.tables}


def test_nothing_had_to_be_edited_and_each_folder_is_a_source(profile):
    assert {source.source_system: source.root for source in profile.sources} == {
        name: f"data/{name}" for name in UNEDITED
    }
    assert profile.title == "Company"


def test_no_file_makes_anything_ask_the_network(profile, calls):
    kinds = {k for s in profile.sources for t in s.tables for k in t.identifying.values()}
    assert {"email", "phone", "name"} <= kinds
    assert calls == []


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


def test_packed_text_in_mac_roman_with_returns_for_line_ends_is_read(profile):
    found = tables(profile, "start_ups")
    assert {table.encoding for table in found.values()} == {"mac_roman"}
    assert {table.compressed_by for table in found.values()} == {"gzip"}
    fed = {name: [feed.entity for feed in table.feeds] for name, table in found.items()}
    assert fed == {
        "startups_companies": ["organizations"],
        "startups_rounds": ["opportunities"],
        "startups_acquisitions": [],  # a quarter of its ties have one end only
    }


def test_ratings_and_trust_are_reviews_products_and_ties(profile):
    found = tables(profile, "ratings")
    assert [feed.entity for feed in found["movie_ratings"].feeds] == ["products", "reviews"]
    assert [feed.entity for feed in found["trusts"].feeds] == ["ties"]


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
    assert found["users"].columns["tags"] == "plain"  # lists of few words that repeat
    assert found["mailings"].formats_of("sent_at").date == "%m/%d/%Y"


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
