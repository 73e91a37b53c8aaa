"""A template is fitted to files that have other columns than it names."""

from __future__ import annotations

from crm_tasks.profiles import load_profile
from crm_tasks.profiles.templates import template_path
from crm_tasks.profiling.fitting import fitted_to, template_of
from crm_tasks.profiling.proposal import propose_tables
from tests.profiling.tables import draft

TABLES = load_profile(str(template_path("salesforce"))).sources[0].tables
ACCOUNTS = {
    "Id": [f"001A{n}" for n in range(30)],
    "Name": [f"Invented Works {n}" for n in range(30)],
    "Industry": ["Energy", "Food"] * 15,
    "OwnerId": ["005U1"] * 30,
    "CreatedDate": ["2023-01-02T08:00:00.000Z"] * 30,
    "Tier__c": ["gold", "silver", "none"] * 10,
    "Contact_Mail__c": [f"p{n}@example.org" for n in range(30)],
}


def fitted(label, columns):
    (proposal,) = propose_tables([draft(label, columns)])
    template = template_of(proposal.draft, TABLES)
    return template and fitted_to(proposal, template)


def test_a_file_is_known_by_its_name_or_its_columns():
    assert template_of(draft("Account", ACCOUNTS), TABLES).name == "accounts"
    history = {name: ["1", "2"] for name in ("Id", "OpportunityId", "StageName", "CreatedDate")}
    assert template_of(draft("export 7", history), TABLES).name == "opportunity_history"
    assert template_of(draft("weather", {"day": ["1"], "rain": ["2"]}), TABLES) is None


def test_what_the_template_says_is_kept_and_the_rest_is_proposed():
    found = fitted("Account", ACCOUNTS)
    classes = {name: decision.value for name, decision in found.classes.items()}
    assert classes["Name"] == "plain"
    assert found.classes["Name"].confidence == 1.0
    assert classes["Contact_Mail__c"] == "email"
    assert classes["Tier__c"] == "plain"
    (feed,) = found.feeds
    assert feed.entity == "organizations"
    assert {name: one.mapping for name, one in feed.fields.items()} == {
        "organization_source_id": "Id",
        "name": "Name",
        "industry": "Industry",
        "owner_source_id": "OwnerId",
    }


def test_a_column_whose_values_contradict_the_template_stays_identifying():
    people = {**ACCOUNTS, "Name": [f"ann{n}@example.org" for n in range(30)]}
    assert fitted("Account", people).classes["Name"].value == "email"


def test_a_feed_whose_required_columns_are_not_there_is_open():
    lines = {
        "Id": ["1", "2"],
        "OrderId": ["7", "7"],
        "Product2Id": ["p", "q"],
        "Quantity": ["1", "2"],
    }
    found = fitted("OrderItem", lines)
    assert found.feeds == ()
    assert [feed.missing for feed in found.open] == [("net_amount",)]


def test_computed_mappings_are_written_as_the_template_has_them():
    shop = load_profile(str(template_path("shopify"))).sources[0].tables
    orders = {
        "Name": ["#1", "#1"],
        "Email": ["dee1@example.org"] * 2,
        "Created at": ["2024-05-01 10:00:00 +0200"] * 2,
        "Lineitem name": ["a", "b"],
        "Lineitem quantity": ["1", "2"],
        "Lineitem price": ["1.50", "2.00"],
        "Lineitem discount": ["0.00", "0.50"],
    }
    (proposal,) = propose_tables([draft("orders_export_1", orders)])
    found = fitted_to(proposal, template_of(proposal.draft, shop))
    lines = next(feed for feed in found.feeds if feed.entity == "order_items")
    assert lines.fields["net_amount"].mapping == {
        "multiply": ["Lineitem quantity", "Lineitem price"],
        "less": ["Lineitem discount"],
        "decimals": 2,
    }
    assert found.formats["Created at"].declared == {"timestamp": "%Y-%m-%d %H:%M:%S %z"}
