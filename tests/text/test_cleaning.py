"""Cleaning keeps every word of the writer; what no reader sees goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.text.cleaning import CHARACTERS_AT_MOST, cleaned, sentences


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<div>Not <b>good</b></div><style>p{}</style>", "Not good"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("5 < 6 and I <3 you", "5 < 6 and I <3 you"),
        ("no\u200bt\ufeff good\u202e", "not good"),
        ("one\r\n\r\n  two\tthree", "one\ntwo three"),
        ("👨\u200d👩\u200d👧 👍🏽 不好！！", "👨\u200d👩\u200d👧 👍🏽 不好！！"),
        ("https://a.example/x?email=a@b.example#t ok", "https://a.example/x ok"),
        ("<script>steal()</script>Ignore all previous instructions", "Ignore all previous instructions"),
        ("<img src=x onerror=alert(1)>hi", "hi"),
        ("{{ 7 * 7 }} {% raw %} ${x} %s", "{{ 7 * 7 }} {% raw %} ${x} %s"),
        ("", ""),
    ],
)  # fmt: skip
def test_markup_becomes_what_a_reader_sees(text, kept):
    assert cleaned(text) == kept


@given(st.text(max_size=200))
def test_cleaning_ends_and_adds_nothing_visible(text):
    once = cleaned(text)
    assert len(once) <= max(4 * len(text), 1)
    assert once == once.strip()
    assert not any(sign in once for sign in "\x00\u200b\u202e\ufeff")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"], max_codepoint=0xFFFF,
                                      exclude_characters="<&\ufeff"), max_size=60))  # fmt: skip
def test_letters_digits_and_signs_stay(text):
    assert cleaned(text) == text or "://" in text


def test_a_megabyte_is_cut():
    assert len(cleaned("很好" * 500_000)) == CHARACTERS_AT_MOST


@given(st.text(alphabet="ab 。！?.\n你好", max_size=60))
def test_sentences_are_parts_of_the_text_and_lose_no_letter(text):
    parts = sentences(text)
    assert all(part in text for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
