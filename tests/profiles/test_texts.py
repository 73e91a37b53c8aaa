"""What a profile may say about texts: strict keys, servers that may be asked, secrets by name."""

from __future__ import annotations

import pytest

from crm_tasks.errors import ProfileError
from crm_tasks.profiles import Texts
from crm_tasks.strict_yaml import load_strict


def load(tmp_path, content):
    file = tmp_path / "texts.yml"
    file.write_text(content, encoding="utf-8")
    return load_strict(file, Texts, ProfileError)


def test_nothing_said_is_a_shop_without_a_language_model():
    assert Texts().language_model is None
    assert not Texts().intents


def test_intents_words_and_a_language_model_are_declared(tmp_path):
    found = load(
        tmp_path,
        "intents: {lost_card: {is_complaint: true}}\nlabels: {Karte weg: lost_card}\n"
        "language_model: {url: 'http://localhost:8000/v1', model: small, token: CRM_SECRET_M}\n",
    )
    assert found.intents["lost_card"].answer_within_hours == 24
    assert found.language_model.purpose == "text_analysis"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("intents: {lost_card: {is_complant: true}}", "did you mean 'is_complaint'"),
        ("intents: {Lost Card: {}}", "line 1"),
        ("language_model: {url: 'https://a/v1', model: m, tokn: x}", "did you mean 'token'"),
        ("language_model: {url: 'http://example.org/v1', model: m}", "https; http only on this"),
        ("language_model: {url: 'https://me:pw@a/v1', model: m}", "holds no password"),
        ("language_model: {url: 'https://a/v1', model: m, token: sk-abc}", "line 1"),
    ],
)
def test_what_a_profile_may_not_say_is_refused_with_its_line(tmp_path, content, said):
    with pytest.raises(ProfileError, match=said) as told:
        load(tmp_path, content)
    assert "pw" not in str(told.value)
    assert "sk-abc" not in str(told.value)
