"""Whether a column identifies people: in doubt it does, and without any sign the user decides."""

from __future__ import annotations

import pytest

from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.classes import propose_class
from tests.profiling.tables import chinese_names, facts_of

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]


def proposed(name, values, mapped=None, **about):
    return propose_class(facts_of(name, values), mapped or {}, **about)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("contact", [f"p{n}@example.org" for n in range(9)], "email"),
        ("x", [f"+44 20 7946 0{n}58" for n in range(9)], "phone"),
        ("customer_id", [f"1380013800{n}" for n in range(9)], "phone"),
        ("姓名", chinese_names(9), "name"),
        ("First Name", WORDS, "name"),
        ("手机号", [f"1380013800{n}" for n in range(9)], "phone"),
        ("Billing Zip", list(range(10000, 10009)), "address"),
        ("date_of_birth", [f"19{n}0-01-01" for n in range(5, 9)], "birth_date"),
        ("出生日期", [f"19{n}0/1/1" for n in range(5, 9)], "birth_date"),
        ("微信号", WORDS, "handle"),
        ("ip_address", [f"192.0.2.{n}" for n in range(9)], "cookie"),
        ("备注", ["一句话，说了一些关于客户的事情"] * 5, "text"),
        ("remarks", [f"{word} said he would come again" for word in WORDS], "text"),
        ("memo2", [f"ask {word} at {word}@example.org soon" for word in WORDS], "text"),
    ],
)
def test_identifying_columns_are_proposed_as_what_they_hold(name, values, kind):
    decision = proposed(name, values)
    assert decision.value == kind
    assert decision.confidence >= 0.7


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("city", WORDS * 3),
        ("status", ["new", "old"] * 9),
        ("has_phone", ["true", "false"] * 5),
        ("email_opt_in", ["yes", "no"] * 5),
        ("address_type", ["home", "work"] * 5),
        ("amount", [f"{n}.50" for n in range(9)]),
        ("order_id", [f"A-{n}" for n in range(9)]),
        ("客户编号", [f"K{n:03d}" for n in range(9)]),
        ("created", [f"2024-01-0{n}" for n in range(1, 9)]),
        ("funding", [f"{n}000000000" for n in range(1, 9)]),
        ("grade", ["gold", "silver"] * 30),
    ],
)
def test_what_many_share_or_no_person_is_known_by_is_plain(name, values):
    assert proposed(name, values).value == "plain"


def test_in_doubt_a_column_is_identifying_and_says_so():
    names = proposed("flurb", [f"Ann{word.title()} Example" for word in WORDS])
    assert names.value == "name"
    assert "in doubt" in names.remark.en
    assert "存疑" in names.remark.zh
    zip_code = proposed("seller_zip_code_prefix", list(range(10000, 10009)))
    assert zip_code.value == "address"
    assert "in doubt" in zip_code.remark.en


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("flurb", WORDS),
        ("flurb", [None] * 9),
        ("flurb", [f"X{n}Y{n * 7}" for n in range(9)]),
        ("flurb", [536365123 + n * 977 for n in range(9)]),
    ],
)
def test_a_column_nobody_can_judge_is_left_to_the_user(name, values):
    decision = proposed(name, values)
    assert decision.value == UNDECIDED
    assert decision.confidence == 0.0
    assert decision.remark.en.startswith("DECIDE")
    assert decision.remark.zh.startswith("请决定")


def test_an_empty_column_with_a_harmless_name_is_plain():
    assert proposed("country", [None] * 5).value == "plain"


def test_names_of_things_are_plain_where_they_are_mapped_and_names_of_people_are_not():
    assert proposed("name", WORDS, {"products.name": 0.95}).value == "plain"
    assert proposed("name", WORDS, entity="customers").value == "name"
    assert proposed("Description", [f"{w} and more words of it all" for w in WORDS]).value == "text"
    described = proposed("Description", [f"{w} and more" for w in WORDS], depends_on_key=True)
    assert described.value == "plain"


def test_values_speak_louder_than_mappings():
    emails = [f"p{n}@example.org" for n in range(9)]
    assert proposed("customer", emails, {"orders.customer_source_id": 1.0}).value == "email"
