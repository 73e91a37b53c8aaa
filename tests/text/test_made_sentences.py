"""What the starter model learns from: sentences by rule, by example and around words of the trade."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.text.examples import EXAMPLES, examples
from crm_tasks.text.keywords import KEYWORDS, ROUND, expressions
from crm_tasks.text.taxonomy import INTENTS
from crm_tasks.text.wordings import FRAMES, SLOT, SLOTS, wordings

MADE = {
    "examples": lambda seed: examples(),  # noqa: ARG005 (they are as written)
    "expressions": lambda seed: expressions(np.random.default_rng(seed), 2),
    "wordings": lambda seed: wordings(np.random.default_rng(seed), 3),
}


@pytest.mark.parametrize("kind", MADE)
def test_both_languages_speak_of_every_intent_and_of_no_other(kind):
    told = {(language, intent) for language, intent, *_ in MADE[kind](1)}
    assert told == {(language, intent) for language in ("en", "zh") for intent in INTENTS}


@pytest.mark.parametrize("kind", MADE)
def test_a_group_holds_one_intent_in_one_language(kind):
    of_group = {}
    for language, intent, _, group in MADE[kind](1):
        assert of_group.setdefault(group, (language, intent)) == (language, intent)


@pytest.mark.parametrize("kind", ["expressions", "wordings"])
def test_one_seed_is_one_set_of_sentences(kind):
    assert list(MADE[kind](1)) == list(MADE[kind](1))
    assert list(MADE[kind](1)) != list(MADE[kind](2))


def test_an_example_stands_once():
    listed = [sentence for _, _, sentence, _ in examples()]
    assert len(set(listed)) == len(listed) > 1_000
    assert not [sentence for sentence in listed if not sentence.strip()]


def test_every_slot_of_a_frame_can_be_filled_and_is():
    for language, by_intent in FRAMES.items():
        named = {slot for frames in by_intent.values() for f in frames for slot in SLOT.findall(f)}
        assert named <= set(SLOTS[language])
    assert not [text for _, _, text, _ in MADE["wordings"](1) if SLOT.search(text)]


def test_an_expression_stands_whole_in_its_sentence():
    assert all("{k}" in frame for frames in ROUND.values() for frame in frames)
    for _, _, text, group in MADE["expressions"](1):
        assert group.split("/k/")[1] in text
    assert set(KEYWORDS) == set(EXAMPLES) == set(ROUND)
