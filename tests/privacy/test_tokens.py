"""Tokens: equal persons give equal tokens, and statuses tell what staging cannot see."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.privacy.tokens import tokenise, tokenise_lists

KEY = b"k" * 32


def tokens(values, kind="email", key=KEY):
    found, statuses = tokenise(pa.array(values, pa.string()), kind, key)
    return found.to_pylist(), statuses.to_pylist()


def test_spellings_of_one_address_give_one_token():
    (first, second), _ = tokens(["Ann@Example.org", " ann@example.ORG"])

    assert first == second
    assert len(first) == 32


def test_another_key_gives_other_tokens():
    assert tokens(["ann@example.org"])[0] != tokens(["ann@example.org"], key=b"o" * 32)[0]


def test_the_same_text_of_another_kind_is_another_token():
    assert tokens(["12345678"], "phone")[0] != tokens(["12345678"], "handle")[0]


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        ("email", "ann@example.org", "valid"),
        ("email", "no at sign", "invalid: E_EMAIL"),
        ("email", "  ", "empty"),
        ("email", None, "empty"),
        ("phone", "+86 138 0013 8000", "valid"),
        ("phone", "12", "invalid: E_PHONE"),
        ("name", "欧阳", "valid"),
    ],
)
def test_the_status_says_what_is_wrong_without_the_value(kind, value, status):
    found, statuses = tokens([value], kind)

    assert statuses == [status]
    assert (found[0] is None) == (status == "empty")


def test_full_width_digits_are_the_same_phone():
    assert tokens(["１３８００１３８０００"], "phone")[0] == tokens(["13800138000"], "phone")[0]  # noqa: RUF001


def test_the_elements_of_a_list_have_the_tokens_they_have_alone():
    values = pa.array(['["Ann", "BOB"]', '["bob", " "]', "[12345]", "[]", " ", None], pa.string())
    lists, statuses = tokenise_lists(values, "handle", KEY)
    (ann, bob, number), _ = tokens(["ann", "bob", "12345"], "handle")

    assert lists.to_pylist() == [
        f'["{ann}","{bob}"]',
        f'["{bob}"]',
        f'["{number}"]',
        "[]",
        None,
        None,
    ]
    assert statuses.to_pylist() == ["valid", "valid", "valid", "empty", "empty", "empty"]


@pytest.mark.parametrize(
    "value", ["ann, bob", '{"a": 1}', '["ann"', "[true]", '[["ann"]]', "[null]"]
)
def test_what_is_no_list_of_texts_has_no_token_and_says_so(value):
    lists, statuses = tokenise_lists(pa.array([value]), "handle", KEY)

    assert lists.to_pylist() == [None]
    assert statuses.to_pylist() == ["invalid: E_LIST"]


def test_a_list_says_that_one_of_its_elements_is_not_well_formed():
    _, statuses = tokenise_lists(pa.array(['["a@b.example", "nobody"]']), "email", KEY)

    assert statuses.to_pylist() == ["invalid: E_EMAIL"]
