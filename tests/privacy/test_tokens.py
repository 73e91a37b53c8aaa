"""Tokens: equal persons give equal tokens, and statuses tell what staging cannot see."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.privacy.tokens import tokenise

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
