"""Templates are profiles of exports in the shape their vendors document."""

from __future__ import annotations

import datetime as dt
import fnmatch

import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile
from crm_tasks.profiles.templates import template_names, template_path
from crm_tasks.steps.profile_check import check_profile
from tests.profiles.vendor_exports import VENDORS, header_of, write_vendor

NOW = dt.datetime.fromisoformat("2024-07-01T00:00")
#: What each template feeds; a new entity that a system has data for is added here and there.
FEEDS = {
    "salesforce": {
        "organizations", "customers", "ties", "consents", "owners", "products", "orders",
        "order_items", "opportunities", "opportunity_stages", "messages", "campaigns", "contacts",
    },
    "hubspot": {"organizations", "customers", "ties", "opportunities", "messages"},
    "zoho_crm": {
        "organizations", "owners", "customers", "ties", "consents", "products", "orders",
        "order_items", "opportunities", "messages",
    },
    "shopify": {"customers", "products", "orders", "order_items"},
}  # fmt: skip


def template(name):
    return load_profile(str(template_path(name)))


def test_there_is_a_template_for_each_system_with_files_to_try_it_on():
    assert set(template_names()) == set(VENDORS) == set(FEEDS)


@pytest.mark.parametrize("name", FEEDS)
def test_a_template_feeds_what_the_system_has(name):
    assert template(name).entities_fed == FEEDS[name]
    assert FEEDS[name] <= set(ENTITIES)


@pytest.mark.parametrize("name", FEEDS)
def test_a_template_names_the_columns_its_vendor_documents(name):
    (source,) = template(name).sources
    files = {f"{file}.csv": file for file in VENDORS[name][0]}
    for table in source.tables:
        matching = fnmatch.filter(files, table.files)
        assert len(matching) == 1, table.name
        assert list(table.columns) == header_of(name, files.pop(matching[0])), table.name
    assert files == {}


@pytest.mark.parametrize("name", FEEDS)
def test_a_template_says_where_its_field_names_are_documented(name):
    first, *rest = template_path(name).read_text().splitlines()
    assert first.startswith("# ")
    head = " ".join(line for line in rest[:8] if line.startswith("#"))
    assert "page" in head
    assert "http" not in template_path(name).read_text()


@pytest.mark.parametrize("name", FEEDS)
def test_names_contacts_and_texts_go_to_the_vault(name):
    for table in template(name).sources[0].tables:
        for column in table.columns:
            lower = column.lower()
            is_person = any(
                word in lower for word in ("first name", "firstname", "email", "phone", "street")
            )
            is_flag = any(word in lower for word in ("opt", "accepts"))
            if is_person and not is_flag:
                assert column in table.identifying, (table.name, column)


@pytest.mark.parametrize("name", FEEDS)
def test_a_template_fits_an_export_in_that_shape(name, tmp_path):
    write_vendor(tmp_path, name)
    path = tmp_path / f"{name}.yml"
    path.write_text(template_path(name).read_text())
    checked = check_profile(str(path), tmp_path / "generated", Limits(), NOW)
    assert checked.is_runnable, checked.findings
    assert [fit.entity for fit in checked.fits if fit.n_accepted < fit.n_rows] == []
    assert {fit.entity for fit in checked.fits} == FEEDS[name]


def test_an_unknown_template_names_the_nearest():
    with pytest.raises(ProfileError, match="did you mean 'hubspot'"):
        template_path("hubspt")
