"""All tables of a company together: feeds, classes, and what is left to the user."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.company import (
    NO_CURRENCY,
    SourceProposal,
    Told,
    propose_company,
    table_name,
    unique_names,
)
from crm_tasks.profiling.proposal import columns_of, propose_tables
from tests.profiling.tables import chinese_names, draft, invoice_lines

PEOPLE = {
    "customer_no": [f"K{n:03d}" for n in range(30)],
    "姓名": chinese_names(30),
    "email": [f"p{n}@example.org" for n in range(30)],
    "joined": ["2024-01-01"] * 30,
}


def fed(tables):
    return {t.draft.label: [feed.entity for feed in t.feeds] for t in tables}


def company(*drafts, **told):
    tables = tuple(propose_tables(drafts))
    return propose_company(Told("shop", **told), [SourceProposal("shop", "data", tables)])


def test_a_flat_file_of_invoice_lines_becomes_four_entities():
    (table,) = propose_tables([draft("export", invoice_lines())])
    assert {feed.entity for feed in table.feeds} == {
        "customers",
        "products",
        "orders",
        "order_items",
    }
    assert {decision.value for decision in table.classes.values()} == {"plain"}
    assert table.undecided == ()


def test_what_has_a_table_of_its_own_is_not_made_of_lines():
    lines = invoice_lines()
    products = {
        "product_id": sorted(set(lines["StockCode"])),
        "name": [f"INVENTED {n}" for n in range(7)],
        "price": ["1.00"] * 7,
    }
    found = fed(propose_tables([draft("lines", lines), draft("products", products)]))
    assert "products" not in found["lines"]
    assert found["products"] == ["products"]


def test_identifying_columns_are_keys_by_their_token_and_nothing_else():
    orders = {
        "order_id": [f"O{n}" for n in range(30)],
        "customer email": [f"p{n % 9}@example.org" for n in range(30)],
        "ordered_at": ["2024-01-01"] * 30,
    }
    members = {
        "customer id": [f"p{n}@example.org" for n in range(30)],
        "joined": ["2024-01-01"] * 30,
    }
    tables = propose_tables([draft("members", members), draft("orders", orders)])
    key = tables[0].feeds[0].fields["customer_source_id"].mapping
    assert key == "customer id_token"
    reference = tables[1].feeds[0].fields["customer_source_id"].mapping
    assert reference == "customer email_token"


def posts(people):
    people = [people[n % len(people)] for n in range(40)]
    return {
        "post_id": [f"T{n}" for n in range(40)],
        "author_id": people,
        "mentions": [f'["{people[n - 1]}"]' for n in range(40)],
        "posted_at": ["2024-01-01 10:00"] * 40,
        "text": [f"an invented text of some words number {n}" for n in range(40)],
    }


def classes_of(table):
    return {name: decision.value for name, decision in table.classes.items()}


HANDLES = [f"invented_{letter}" for letter in "abcdefghi"]


def test_names_on_a_platform_are_in_doubt_identifying_in_every_table():
    profiles = {"id": HANDLES, "joined_on": ["2024-01-01"] * 9}
    post, profile = propose_tables([draft("posts", posts(HANDLES)), draft("profiles", profiles)])
    assert classes_of(post)["author_id"] == classes_of(post)["mentions"] == "handle"
    assert "in doubt" in post.classes["author_id"].remark.en
    assert classes_of(profile)["id"] == "handle"
    assert post.feeds[0].fields["actor_source_id"].mapping == "author_id_token"
    assert post.feeds[0].fields["mentioned_source_ids"].mapping == "mentions_token"
    assert profile.feeds[0].fields["customer_source_id"].mapping == "id_token"


def test_numbers_of_accounts_are_plain():
    (post,) = propose_tables([draft("posts", posts([f"u{n}" for n in range(9)]))])
    assert classes_of(post)["author_id"] == classes_of(post)["mentions"] == "plain"
    assert post.feeds[0].fields["mentioned_source_ids"].mapping == "mentions"


def test_ids_of_other_people_stay_as_they_are():
    members = {"id": [f"C{n}" for n in range(9)], "joined_on": ["2024-01-01"] * 9}
    _, member = propose_tables([draft("posts", posts(HANDLES)), draft("members", members)])
    assert classes_of(member)["id"] == "plain"


def test_a_list_nobody_knows_is_in_doubt_identifying():
    table = {"customer_id": [f"C{n}" for n in range(40)], "zq": [f'["v{n}"]' for n in range(40)]}
    (found,) = propose_tables([draft("customers", table)])
    assert classes_of(found)["zq"] == "text"
    assert found.undecided == ()


def test_a_column_that_identifies_feeds_fields_of_tokens_and_no_other():
    (table,) = propose_tables([draft("customers", PEOPLE)])
    assert classes_of(table) == {
        "customer_no": "plain", "姓名": "name", "email": "email", "joined": "plain"
    }  # fmt: skip
    mapped = {name: columns_of(f.mapping) for name, f in table.feeds[0].fields.items()}
    assert mapped["full_name_token"] == ("姓名_token",)
    assert mapped["email_token"] == ("email_token",)
    assert not {"姓名", "email"} & {column for columns in mapped.values() for column in columns}


def identity_of(name, columns):
    """Return which token each field of the customers takes that a table describes."""
    (table,) = propose_tables([draft(name, columns)])
    (feed,) = [feed for feed in table.feeds if feed.entity == "customers"]
    return {f: p.mapping for f, p in feed.fields.items() if f.endswith("_token")}


def test_names_and_numbers_of_a_customer_are_told_apart_by_what_they_are_called():
    n = range(30)
    found = identity_of(
        "customers",
        {
            "customer id": [f"C{i}" for i in n],
            "first name": ["Ann", "Bo", "Cy"] * 10,
            "last name": ["Doe", "Roe", "Poe"] * 10,
            "mobile": [f"1380013{i:04d}" for i in n],
            "fax": [f"1390013{i:04d}" for i in n],
            "wechat id": [f"wx_{i}" for i in n],
            "loyalty card no": [f"L{i}" for i in n],
            "reachable at": [f"p{i}@example.org" for i in n],
            "born": ["31.12.1980", "30.11.1990", "29.10.1970"] * 10,
        },
    )
    assert found == {
        "given_name_token": "first name_token",
        "family_name_token": "last name_token",
        "email_token": "reachable at_token",  # the only one, whatever it is called
        "phone_token": "mobile_token",
        "birth_date_token": "born_token",
        "loyalty_id_token": "loyalty card no_token",
        "wechat_token": "wechat id_token",
    }


def test_customers_made_of_orders_take_only_what_is_the_same_in_all_their_rows():
    n = range(60)
    orders = {
        "order id": [f"O{i}" for i in n],
        "customer id": [f"C{i % 20}" for i in n],
        "customer email": [f"p{i % 20}@example.org" for i in n],
        "recipient phone": [f"1380013{i:04d}" for i in n],
        "ordered at": ["2024-01-01"] * 60,
    }
    assert identity_of("orders", orders) == {"email_token": "customer email_token"}


def test_a_postal_code_is_plain_where_it_is_read_and_identifying_where_it_is_not():
    codes = [f"NR{i} 1AB" for i in range(30)]
    (people,) = propose_tables([draft("customers", {**PEOPLE, "postcode": codes})])
    assert classes_of(people)["postcode"] == "plain"
    (other,) = propose_tables(
        [draft("visits", {"visit": [f"V{i}" for i in range(30)], "postcode": codes})]
    )
    assert classes_of(other)["postcode"] == "address"


def test_names_of_countries_are_no_codes():
    for values, mapped in ((["GB", "DE"], True), (["United Kingdom", "Germany"], False)):
        (table,) = propose_tables([draft("customers", {**PEOPLE, "country": values * 15})])
        assert ("country_code" in table.feeds[0].fields) is mapped


def test_a_feed_without_a_required_field_is_open_and_feeds_nothing():
    lines = invoice_lines()
    del lines["Quantity"]
    lines["Amount"] = lines.pop("UnitPrice")
    (table,) = propose_tables([draft("order lines", lines)])
    assert [feed.missing for feed in table.open if feed.entity == "order_items"] == [("quantity",)]


def test_what_only_the_user_can_decide_is_an_edit():
    dates = ["03/04/2024", "05/06/2024"] * 15
    proposal = company(
        draft("customers", {**PEOPLE, "joined": dates, "flurb": [f"x{n}y" for n in range(30)]})
    )
    wheres = [edit.where for edit in proposal.edits]
    assert wheres == ["customers.columns.flurb", "customers.column_values.joined"]
    assert company(draft("customers", PEOPLE)).edits == ()


def test_a_company_none_of_whose_tables_feeds_anything_needs_a_map():
    proposal = company(draft("flurbs", {"city": ["a", "b"] * 9}))
    assert [edit.where for edit in proposal.edits] == ["feeds"]


@pytest.mark.parametrize(
    ("amounts", "extra", "code"),
    [
        (["€1,50", "€2,00"], {}, "EUR"),
        (["1.50", "2.00"], {"currency": ["GBP", "GBP"]}, "GBP"),
        (["1.50", "2.00"], {"币种": ["CNY", "CNY"]}, "CNY"),
        (["$1.50", "$2.00"], {}, NO_CURRENCY),
        (["1.50", "2.00"], {"currency": ["GBP", "EUR"]}, NO_CURRENCY),
        (["1.50", "2.00"], {}, NO_CURRENCY),
    ],
)
def test_the_currency_is_what_signs_or_a_column_say_or_none(amounts, extra, code):
    proposal = company(draft("orders", {"id": ["1", "2"], "amount": amounts, **extra}))
    assert proposal.currency.value == code
    assert (proposal.currency.confidence < 0.5) == (code == NO_CURRENCY)


def test_what_the_user_tells_is_believed():
    proposal = company(draft("customers", PEOPLE), time_zone="Asia/Shanghai", currency_code="CNY")
    assert (proposal.time_zone.value, proposal.currency.value) == ("Asia/Shanghai", "CNY")
    assert proposal.time_zone.confidence == 1.0


def test_channels_are_those_there_are_addresses_for():
    assert company(draft("customers", PEOPLE)).channels == ("email",)
    phones = {**PEOPLE, "手机": [f"138001380{n:02d}" for n in range(30)]}
    assert company(draft("customers", phones)).channels == ("email", "sms", "phone")


def test_names_fit_a_profile_and_differ():
    assert table_name("客户 2024") == "ke_hu_2024"
    assert table_name("2024-Sales!") == "table_2024_sales"
    assert unique_names(["a b", "a-b", "c"]) == ["a_b", "a_b_2", "c"]
    assert len(table_name("x" * 99)) == 63


def test_texts_go_to_the_vault_and_a_field_takes_their_token():
    chats = {
        "message_id": [f"m{n}" for n in range(30)],
        "customer_id": [f"K{n:03d}" for n in range(30)],
        "sent_at": ["2024-01-01 10:00:00"] * 30,
        "flurb text": [f"invented words number {n} and so on" for n in range(30)],
        "direction": ["in", "out"] * 15,
    }
    chats["body"] = chats.pop("flurb text")
    (table,) = propose_tables([draft("messages", chats)])
    assert table.classes["body"].value == "text"
    fields = {name: one.mapping for name, one in table.feeds[0].fields.items()}
    taken = {"text_token": "body_token", "direction": "direction"}
    assert {name: fields[name] for name in taken} == taken


def test_a_column_no_field_may_read_bare_is_identifying_for_its_sake():
    visits = {
        "session id": [f"s{n}" for n in range(30)],
        "cookie": [f"c{n}x" for n in range(30)],
        "viewed_at": ["2024-01-01 10:00:00"] * 30,
        "url": [f"/thing/{n % 5}" for n in range(30)],
    }
    (table,) = propose_tables([draft("page_views", visits)])
    assert table.classes["cookie"].value == "cookie"
    assert table.feeds[0].fields["anonymous_token"].mapping == "cookie_token"


def test_the_currency_of_most_amounts_is_taken_with_its_share():
    codes = ["USD"] * 27 + ["GBP"] * 3
    orders = {"id": [str(n) for n in range(30)], "amount": ["1.50"] * 30, "currency": codes}
    currency = company(draft("orders", orders)).currency
    assert currency.value == "USD"
    assert 0.8 <= currency.confidence < 0.85
    assert "90%" in currency.remark.en
