"""The model a company starts with: trained here, on sentences the project makes, never downloaded.

Intents are learnt from the training part of the planted phrases, sentiment from those and from
opinions put together by rule. The sentences of the test part are never seen.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.planted import phrases
from crm_tasks.text.opinions import NAMES, opinions
from crm_tasks.text.training import Labelled, Recipe, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.text.model import TextModel

SEED = 8
LETTERS_PER_SENTENCE, OPINIONS_PER_KIND = 6, 220
PRODUCTS = {
    "en": ("set", "lamp", "kettle", "tent", "camera", "book", "guitar", "jacket", "shoes", "phone case"),
    "zh": ("用品", "台灯", "水壶", "帐篷", "相机", "书", "吉他", "外套", "鞋子", "手机壳"),
}  # fmt: skip
RECIPE = Recipe(regularisations=(0.5, 1.0), folds=4, documents_at_least=1)


@cache
def starter_model() -> TextModel:
    """Return the starter model; the same bytes wherever it is trained."""
    letters = list(_letters(np.random.default_rng(SEED)))
    intents = Labelled(*(tuple(one[at] for one in letters) for at in (0, 1, 3)))
    told = [(text, mood, group) for text, _, mood, group in letters]
    told += opinions(OPINIONS_PER_KIND, SEED)
    sentiments = Labelled(*zip(*told, strict=True))
    made_of = {"kind": "starter", "made_of": "planted phrases (training part), opinions by rule"}
    return train({"intent": intents, "sentiment": sentiments}, RECIPE, made_of)


def _letters(rng: np.random.Generator) -> Iterator[tuple[str, str, str, str]]:
    """Yield letters of the training part: text, intent, sentiment, group (its sentence)."""
    for language, sentences in phrases.BY_LANGUAGE.items():
        for intent, both in sentences.items():
            mood = NAMES[phrases.INTENTS[intent]]
            for at, sentence in enumerate(both.train):
                for turn in range(LETTERS_PER_SENTENCE):
                    product = _one(rng, PRODUCTS[language])
                    said = sentence.format(p=product, o=rng.integers(100_000, 999_999))
                    text = said if turn == 0 else _around(rng, language, said)
                    yield text, intent, mood, f"{language}/{intent}/{at}"


def _around(rng: np.random.Generator, language: str, sentence: str) -> str:
    """Return a letter around a sentence: what people write before and after says nothing."""
    before = [_one(rng, phrases.GREETINGS[language]), _one(rng, phrases.FILLERS[language])]
    after = [_one(rng, phrases.CLOSINGS[language])]
    if rng.random() < 0.3:  # noqa: PLR2004
        contact = _one(rng, phrases.CONTACT_LINES[language]).format(v="[phone]")
        after.insert(0, contact)
    joint = "" if language == "zh" else " "
    return joint.join(part for part in (*before, sentence, *after) if part)


def _one(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
