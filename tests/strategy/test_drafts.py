"""Drafts: both languages, only allowed fields, nothing unresolved, nothing reached."""

from __future__ import annotations

import copy

import pytest
import yaml

from crm_tasks.errors import ContractError
from crm_tasks.strategy.drafts import CONTENT_TYPES, LANGUAGES, TEXTS, Drafts, Fields

FIELDS = Fields("Corner shop", "Invitation", "TEA", "2024-07-15", "mailto:stop@example.com")


@pytest.fixture(scope="module")
def texts():
    return yaml.safe_load(TEXTS.read_text(encoding="utf-8"))


def changed(texts, text, part="body"):
    found = copy.deepcopy(texts)
    found["promotion"]["en"][part] = text
    return found


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", ["TEA", None])
def test_every_draft_is_whole_and_says_how_to_opt_out(content_type, language, category):
    fields = Fields("Corner shop", "Invitation", category, "2024-07-15", "mailto:stop@example.com")
    draft = Drafts.load().write(content_type, language, fields)
    assert draft.language == language
    for text in (draft.subject, draft.body):
        assert "Invitation" in text
        assert not {"{", "}", "None"} & set(text.replace("None", "\0{").split("\0"))
    assert "mailto:stop@example.com" in draft.body
    assert ("您好" in draft.body) == (language == "zh")
    assert "\n" not in draft.subject


@pytest.mark.parametrize(
    ("given", "spoken"), [("zh-CN", "zh"), ("EN", "en"), ("fr", "en"), (None, "en"), ("und", "en")]
)
def test_a_language_we_do_not_write_is_answered_in_english(given, spoken):
    assert Drafts.load().write("education", given, FIELDS).language == spoken


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ shopp }}", "did you mean 'shop'"),
        ("{{ customer_name }}", "allowed are"),
        ("{{ shop.__class__ }}", "fields and conditions only"),
        ("{{ shop['x'] }}", "fields and conditions only"),
        ("{{ range(9) }}", "fields and conditions only"),
        ("{{ shop|upper }}", "fields and conditions only"),
        ("{{ shop", "promotion.en.body"),
    ],
)
def test_a_template_that_reaches_further_is_refused_before_anything_is_sent(texts, text, says):
    with pytest.raises(ContractError, match=says):
        Drafts(changed(texts, text))


def test_missing_and_unknown_texts_are_named(texts):
    few = copy.deepcopy(texts)
    del few["education"]["zh"]
    with pytest.raises(ContractError, match="missing \\[zh\\]"):
        Drafts(few)
    with pytest.raises(ContractError, match="unknown \\[footer\\]"):
        Drafts(changed(texts, "x", part="footer"))


def test_what_a_field_says_is_no_template(texts):
    sly = Fields("{{ 7 * 7 }}", "a\nBcc: b", None, "2024", "mailto:a@b.c")
    draft = Drafts(texts).write("promotion", "en", sly)
    assert "{{ 7 * 7 }}" in draft.body
    assert "\n" not in draft.subject
