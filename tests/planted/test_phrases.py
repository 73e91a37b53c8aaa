"""Sentences: two languages, eight intents, and no sentence in both parts."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from crm_tasks.planted import phrases


@pytest.mark.parametrize("language", phrases.BY_LANGUAGE)
def test_each_intent_has_sentences_for_both_parts_and_none_in_common(language) -> None:
    table = phrases.BY_LANGUAGE[language]
    assert table.keys() == phrases.INTENTS.keys()
    train = [sentence for one in table.values() for sentence in one.train]
    test = [sentence for one in table.values() for sentence in one.test]
    assert min(len(one.test) for one in table.values()) >= 3
    assert set(train).isdisjoint(test)
    assert len(set(train + test)) == len(train + test)


@pytest.mark.parametrize("language", phrases.BY_LANGUAGE)
def test_sentences_ask_for_nothing_but_product_and_order(language) -> None:
    names = {
        name
        for one in phrases.BY_LANGUAGE[language].values()
        for sentence in one.train + one.test
        for _, name, _, _ in Formatter().parse(sentence)
        if name
    }
    assert names == {"p", "o"}


def test_each_language_keeps_to_its_script() -> None:
    chinese = re.compile("[\u4e00-\u9fff]")
    for language, table in phrases.BY_LANGUAGE.items():
        for one in table.values():
            assert all(bool(chinese.search(s)) == (language == "zh") for s in one.train + one.test)


def test_eight_languages_are_foreign_and_shares_sum_to_one() -> None:
    assert len(phrases.OTHER_LANGUAGES) == 8
    assert phrases.OTHER_LANGUAGES.keys().isdisjoint(phrases.BY_LANGUAGE)
    assert sum(phrases.PLAIN_SHARES) == pytest.approx(1)
    assert {*phrases.PLAIN_INTENTS, *phrases.COMPLAINTS} == phrases.INTENTS.keys()
