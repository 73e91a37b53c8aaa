"""The bilingual word lists speak of every canonical field, and of no other."""

from __future__ import annotations

import pytest

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.vocabulary import SYNONYMS, vocabulary
from crm_tasks.profiling.words import read_words

#: Fields no column of a flat file is called after: what they hold follows from others.
WITHOUT_NAMES = {"customers": {"customer_type"}}


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_field_of_every_entity_has_its_names(entity):
    words = vocabulary()[entity]
    missing = set(ENTITIES[entity].field_names) - set(words.fields)
    assert missing == WITHOUT_NAMES.get(entity, set())
    assert set(words.fields) <= set(ENTITIES[entity].field_names)
    assert all(field.any or field.own for field in words.fields.values())


@pytest.mark.parametrize("entity", ENTITIES)
def test_what_the_lists_refer_to_exists(entity):
    words = vocabulary()[entity]
    names = set(ENTITIES[entity].field_names)
    assert {name for part in words.signature for name in part} <= names
    assert set(words.key_from) <= names
    assert set(words.makes) <= set(ENTITIES)
    assert words.signature


def test_names_are_given_in_both_languages():
    told = read_words(SYNONYMS)
    assert set(ENTITIES) <= set(told)
    for name, words in told.items():
        listed = [
            *words["tables"],
            *(n for f in words["fields"].values() for n in f.get("any", ())),
        ]
        assert any(word.isascii() for word in listed), name
        assert any(not word.isascii() for word in listed), name


def test_finer_grains_come_first():
    ranks = [words.rank for words in vocabulary().values()]
    assert ranks == sorted(ranks, reverse=True)
