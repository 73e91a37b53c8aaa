"""Names of columns are compared word by word, in English and Chinese."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.names import best_likeness, likeness, without_noun, words_of
from crm_tasks.profiling.vocabulary import vocabulary
from crm_tasks.profiling.words import read_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CustomerID", ("customer", "id")),
        ("cust_no", ("customer", "no")),
        ("Lineitem quantity", ("lineitem", "quantity")),
        ("Account__c", ("account",)),
        ("E-Mail", ("email",)),
        ("客户 ID", ("客户", "id")),
    ],
)
def test_names_are_split_into_words(name, words):
    assert words_of(name) == words


def test_the_same_name_in_another_spelling_is_the_same():
    for spelling in ("customer_id", "CustomerId", "CUSTOMER ID", "customerid", "cust-id"):
        assert likeness(spelling, "customer id") == 1.0
    assert likeness("id customer", "customer id") == 0.95


def test_a_mistyped_word_is_nearly_the_same_and_another_word_is_not():
    assert 0.6 < likeness("custmer id", "customer id") < 0.9
    assert likeness("contact id", "customer id") == 0.0
    assert likeness("store id", "score id") == 0.0  # too short to be a mistake


def test_more_words_are_less_alike():
    assert likeness("billing city", "city") == 0.8
    assert likeness("seller zip code prefix", "zip code") == 0.7
    assert likeness("city tax", "city") == 0.0


def test_chinese_names_are_alike_if_one_ends_like_the_other():
    assert likeness("客户编号", "客户编号") == 1.0
    assert 0.8 < likeness("会员手机号", "手机号") < 1.0
    assert likeness("手机", "手机号") == 0.0
    assert best_likeness("收货人姓名", ("城市", "姓名")) > 0.8


def test_a_name_is_known_without_what_it_is_of():
    assert without_noun("customer_name", ("client", "customer")) == "name"
    assert without_noun("客户姓名", ("客户",)) == "姓名"
    assert without_noun("customer", ("customer",)) is None


def test_every_word_of_the_lists_is_text(tmp_path):
    path = tmp_path / "words.yml"
    path.write_text("a: [no, yes, 12, on]\n")
    assert read_words(path) == {"a": ["no", "yes", "12", "on"]}


def test_tables_are_known_by_their_names_in_any_number_and_company():
    words = vocabulary()
    for name in ("customers", "CUSTOMER", "olist_customers_dataset", "customers_gbk", "客户"):
        assert words["customers"].likeness_of_table(name) >= 0.9, name
    assert words["order_items"].likeness_of_table("order_items") == 1.0
    assert words["orders"].likeness_of_table("weather") == 0.0
