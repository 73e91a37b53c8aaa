"""The model a company starts with: trained here, on sentences the project makes, never downloaded.

Intents are learnt from the training part of the planted phrases and from wordings put together by
rule, sentiment from those and from opinions put together by rule. Neither the sentences of the test
part are seen nor those the published figure is measured on (benchmarks/voice_heldout.py).
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.planted import phrases
from crm_tasks.text.examples import examples
from crm_tasks.text.keywords import expressions
from crm_tasks.text.model import INTENT, SENTIMENT
from crm_tasks.text.opinions import NAMES, opinions
from crm_tasks.text.training import Labelled, Recipe, train
from crm_tasks.text.wordings import wordings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tasks.text.model import TextModel

SEED = 8
LETTERS_PER_SENTENCE, WORDINGS_PER_FRAME, OPINIONS_PER_KIND = 4, 6, 220
SENTENCES_PER_EXPRESSION, LETTERS_PER_EXAMPLE = 3, 3
PLAIN_SHARE = 0.5
PRODUCTS = {
    "en": ("set", "lamp", "kettle", "tent", "camera", "book", "guitar", "jacket", "shoes", "phone case"),
    "zh": ("用品", "台灯", "水壶", "帐篷", "相机", "书", "吉他", "外套", "鞋子", "手机壳"),
}  # fmt: skip
RECIPE = Recipe(regularisations=(0.5,), folds=3, documents_at_least=1)


@cache
def starter_model() -> TextModel:
    """Return the starter model; the same bytes wherever it is trained."""
    made_of = {
        "kind": "starter",
        "made_of": "planted phrases (training part), wordings and opinions by rule",
    }
    intents, moods = generated()
    return train({INTENT: intents, SENTIMENT: moods}, RECIPE, made_of)


@cache
def generated() -> tuple[Labelled, Labelled]:
    """Return the sentences the project makes: what they want, and how they sound."""
    letters = list(_letters(np.random.default_rng(SEED)))
    felt = list(opinions(OPINIONS_PER_KIND, SEED))
    wanted = [(text, intent, group) for text, intent, _, group in letters]
    wanted += [(text, "praise", group) for text, mood, group in felt if mood == "positive"]
    intents = Labelled(*zip(*wanted, strict=True))
    told = [(text, mood, group) for text, _, mood, group in letters] + felt
    return intents, Labelled(*zip(*told, strict=True))


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
    made = chain(
        wordings(rng, WORDINGS_PER_FRAME),
        expressions(rng, SENTENCES_PER_EXPRESSION),
        (one for one in examples() for _ in range(LETTERS_PER_EXAMPLE)),
    )
    for language, intent, sentence, group in made:
        said = sentence.format(p=_one(rng, PRODUCTS[language]), o=rng.integers(100_000, 999_999))
        text = said if rng.random() < PLAIN_SHARE else _around(rng, language, said)
        yield text, intent, NAMES[phrases.INTENTS[intent]], group


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
