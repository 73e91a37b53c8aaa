"""Drafts: both languages, only allowed fields, nothing unresolved, nothing reached."""

from __future__ import annotations

import pytest

from crm_tasks.errors import DraftsError
from crm_tasks.strategy.drafts import CONTENT_TYPES, LANGUAGES, Drafts, Fields

FIELDS = Fields("Corner shop", "Invitation", "TEA", "2024-07-15", "mailto:stop@example.com")


OWN = """\
promotion:
  en:
    subject: "{{ offer }} for you"
    body: |
      Dear friend,
      THE TEXT
  zh:
    subject: "{{ offer }}"
    body: "您好 {{ unsubscribe }}"
"""


@pytest.fixture
def own(tmp_path):
    """Return a function that writes a file of texts whose line 6 is given."""

    def write(text, content=OWN):
        file = tmp_path / "texts.yml"
        file.write_text(content.replace("THE TEXT", text), encoding="utf-8")
        return file

    return write


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
def test_a_template_that_reaches_further_is_refused_before_anything_is_sent(own, text, says):
    file = own(text)
    with pytest.raises(DraftsError, match=says) as caught:
        Drafts.load(file)
    assert str(caught.value).startswith(f"{file}, line 6: promotion.en.body: ")


def test_a_houses_own_texts_are_written_and_what_they_lack_is_ours(own):
    drafts = Drafts.load(own("{% if category %}{{ category }}: {% endif %}{{ shop }}"))
    draft = drafts.write("promotion", "en", FIELDS)
    assert (draft.subject, draft.body) == (
        "Invitation for you", "Dear friend,\nTEA: Corner shop\n",
    )  # fmt: skip
    assert drafts.write("promotion", "zh", FIELDS).body == "您好 mailto:stop@example.com"
    ours = Drafts.load().write("education", "en", FIELDS)
    assert drafts.write("education", "en", FIELDS) == ours


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("promotion:", "promotoin:", "line 1.*promotoin.*did you mean 'promotion'"),
        ("  zh:", "  de:", "line 7.*de"),
        ("    body: |", "    boddy: |", "line 4.*did you mean 'body'"),
    ],
)
def test_missing_and_unknown_texts_are_named(own, old, new, says):
    with pytest.raises(DraftsError, match=says):
        Drafts.load(own("x", OWN.replace(old, new, 1)))


def test_what_a_field_says_is_no_template():
    sly = Fields("{{ 7 * 7 }}", "a\nBcc: b", None, "2024", "mailto:a@b.c")
    draft = Drafts.load().write("promotion", "en", sly)
    assert "{{ 7 * 7 }}" in draft.body
    assert "\n" not in draft.subject
