"""What `crm profile init` proposes runs, with at most two edits, and so do the templates.

One real run of landing, staging and core for all of them: each is a source of one company.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from crm_tasks.connectors.preflight import Limits
from crm_tasks.errors import ProfileError
from crm_tasks.profiles import load_profile
from crm_tasks.profiles.templates import template_names, template_path
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.profile_init import propose, write
from crm_tasks.steps.runner import run_step
from crm_tasks.warehouse.home import Home
from tests.profiles.vendor_exports import SHOPIFY_ROWS, VENDORS, write_vendor
from tests.steps.exports import COMPANIES, EDITS, N_INVOICES, N_LINES, N_MEMBERS, N_ORDERS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
EDITS_AT_MOST = 2
STEPS = ("land", "staging", "gate_landing", "identity", "texts", "core")


def proposed(folder: Path, name: str) -> Path:
    """Write a company's exports and the profile proposed for them, edits made."""
    out = folder / f"{name}.yml"
    text = write(propose(COMPANIES[name](folder / name), out, Limits()), out)
    for old, new in EDITS.get(name, ()):
        with pytest.raises(ProfileError):  # it does not run before
            load_profile(str(out))
        assert text.count(old) == 1
        text = text.replace(old, new)
        out.write_text(text, encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    profiles = [proposed(folder, name) for name in COMPANIES]
    for vendor in VENDORS:
        write_vendor(folder / vendor, vendor)
        profiles.append(template_path(vendor))
    sources = []
    for path in profiles:
        load_profile(str(path))
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            root = path.stem if source["root"] == "." else source["root"]
            sources.append(source | {"root": root})
    company = {
        "profile": "company",
        "title": "All of them",
        "provenance": "Invented",
        "time_zone": "UTC",
        "currency_code": "USD",
        "default_as_of": "2024-12-31",
        "is_synthetic": True,
        "contact": {"channels": ["email"]},
        "sources": sources,
    }
    (folder / "company.yml").write_text(json.dumps(company, default=str, ensure_ascii=False))
    home = Home(folder / "home")
    attempt = Attempt("a", str(folder / "company.yml"), str(home.root))
    for step in STEPS:
        run_step(step, attempt)
    return home


@pytest.fixture(scope="module")
def ask(home):
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        yield lambda sql: connection.sql(sql).fetchall()


def test_at_most_two_edits_are_needed():
    assert set(EDITS) <= set(COMPANIES)
    assert max(map(len, EDITS.values())) <= EDITS_AT_MOST
    assert len(COMPANIES) - len(EDITS) >= 4  # most need none


def rejected(ask, table: str) -> dict[str, int]:
    return dict(
        ask(
            f"select source_system, count(*) from staging.{table} "
            "where reject_reason is not null group by 1"
        )
    )


def test_every_row_of_every_company_is_accepted_but_what_has_no_key(ask):
    # The lines without a customer make one customer without a key per file.
    assert rejected(ask, "stg_customers") == {"till": 2}
    for table in ("orders", "order_items", "products", "organizations", "opportunities", "ties",
                  "reviews", "messages", "consents", "campaigns", "contacts"):  # fmt: skip
        assert rejected(ask, f"stg_{table}") == {}, table


def test_flat_invoice_lines_become_lines_orders_customers_and_products(ask):
    of_till = "from staging.stg_{} where source_system = 'till'"
    counts = ask(
        f"select (select count(*) {of_till.format('order_items')}), "
        f"(select count(distinct order_source_id) {of_till.format('orders')}), "
        f"(select count(*) {of_till.format('products')}), "
        f"(select count(distinct customer_source_id) {of_till.format('customers')})"
    )[0]
    assert counts == (N_LINES, N_INVOICES, 24, 23)  # twelve articles, in each of the two files
    lines = ask(
        "select count(*), min(quantity), sum(net_amount) from staging.stg_order_items "
        "where source_system = 'till' and product_source_id = 'A001'"
    )[0]
    n, least, total = lines
    assert (n, least) == (30, -1)
    assert float(total) == pytest.approx(12.25 * sum(_pieces("A001")))


def _pieces(article: str) -> list[int]:
    """Return the pieces of an article in all lines, as the exports are written."""
    from tests.steps.exports import _till_line

    return [int(str(line[3])) for n in range(N_LINES) if (line := _till_line(n))[1] == article]


def test_the_other_companies_reach_core(ask):
    facts = {
        "fct_orders": N_INVOICES
        + 2 * N_ORDERS
        + 1
        + 1
        + 2,  # one each of two vendors, two of a shop
        "fct_contacts": N_MEMBERS + 1,
        "fct_reviews": 200,
        "dim_organizations": 60 + 25 + 2 + 1 + 1,
    }
    for table, expected in facts.items():
        found = ask(f"select count(*) from core.{table}")[0][0]
        assert found >= expected if table == "dim_organizations" else found == expected, table


def test_every_template_lands_and_is_staged(ask):
    assert set(template_names()) == set(VENDORS)
    customers = dict(ask("select source_system, count(*) from staging.stg_customers group by 1"))
    assert {name: customers[name] for name in VENDORS} == dict.fromkeys(VENDORS, 3)
    deals = ask(
        "select source_system, opportunity_source_id, is_won from staging.stg_opportunities "
        "where source_system in ('salesforce', 'hubspot', 'zoho_crm') order by 1, 2"
    )
    assert deals == [
        ("hubspot", "700", False),
        ("hubspot", "701", None),
        ("salesforce", "006D1", True),
        ("salesforce", "006D2", None),
        ("zoho_crm", "zcrm_61", True),
    ]
    directions = dict(ask("select message_source_id, direction from staging.stg_messages"))
    assert directions == {
        "00TT1": "in",
        "00TT2": None,
        "500": "out",
        "zcrm_31": "in",
        "zcrm_32": None,
    }
    consents = dict(
        ask(
            "select customer_source_id, status from staging.stg_consents "
            "where source_system = 'zoho_crm'"
        )
    )
    assert consents == {"zcrm_51": "denied", "zcrm_52": "granted", "zcrm_53": "denied"}


def test_customers_of_every_template_can_be_found_again_elsewhere(ask):
    known = ask(
        "select source_system, count(given_name_token), count(family_name_token), "
        "count(email_token) from staging.stg_customers group by 1"
    )
    counts = {system: figures for system, *figures in known}
    for name in VENDORS:
        assert all(counts[name]), (name, counts[name])


def test_a_shop_order_takes_its_customer_by_token_and_its_amounts_less_discounts(ask):
    orders = ask(
        "select order_source_id, customer_source_id in (select customer_source_id from "
        "staging.stg_customers where source_system = 'shopify'), cast(ordered_at as varchar) "
        "from staging.stg_orders where source_system = 'shopify' order by 1"
    )
    assert orders == [
        ("#1001", True, "2024-05-01 08:00:00"),
        ("#1002", True, "2024-05-03 08:00:00"),
    ]
    amounts = ask(
        "select order_source_id, net_amount from staging.stg_order_items "
        "where source_system = 'shopify' order by 1, 2"
    )
    assert [(order, float(amount)) for order, amount in amounts] == [
        ("#1001", 12.0), ("#1001", 40.0), ("#1002", 15.0)
    ]  # fmt: skip
    assert len(SHOPIFY_ROWS["orders"]) == 3


def test_nobody_is_named_behind_landing(home):
    files = [*home.landing.rglob("*.parquet")]
    assert len(files) > 20
    lake = " ".join(
        str(value)
        for path in files
        for column in pq.read_table(path).columns
        for value in set(column.to_pylist())
    )
    assert "Invented Works" in lake  # what is plain can be read
    for value in ("dee1@example.org", "Placeholder", "Cy1 Example", "Invented note", "Ann1"):
        assert value not in lake
