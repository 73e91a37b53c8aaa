"""The terms a text is described by: words and their parts, Chinese characters, signs of mood.

Words in Latin letters give themselves, pairs of neighbours, and runs of 2 to 5 letters within a
word; Chinese gives runs of 1 to 3 characters, without any segmenter; numbers give their length
class, placeholders of masked data nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

MASK = re.compile(r"\[(?:email|id_card|bank_card|phone|address|name)\]")
WORD = re.compile("[^\\W\\d_\u2e80-\u9fff\uf900-\ufaff]+(?:['’][^\\W\\d_]+)?|\\d+")
HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
MOOD = re.compile("[!?！？]|[\u2600-\u27bf\U0001f300-\U0001faff]")
LETTERS, CHARACTERS = (2, 5), (1, 3)
CHARACTERS_AT_MOST = 4_000
SHORT_NUMBER = 2
SAME = str.maketrans("！？’", "!?'")


def terms(text: str) -> list[str]:
    """Return the terms of a text, repeated as often as they stand there.

    >>> terms("No! 不好")
    ['w:no', ' n', 'no', 'o ', ' no', 'no ', ' no ', '不', '好', '不好', '!']
    """
    low = MASK.sub(" ", text[:CHARACTERS_AT_MOST]).lower().translate(SAME)
    words = [w if not w[0].isdigit() or len(w) <= SHORT_NUMBER else "#" for w in WORD.findall(low)]
    found = [f"w:{word}" for word in words]
    found += [f"w:{one} {other}" for one, other in pairwise(words)]
    for word in words:
        found += _parts(word)
    for run in HAN_RUN.findall(low):
        found += _runs(run, *CHARACTERS)
    found += MOOD.findall(low)
    return found


@lru_cache(maxsize=50_000)
def _parts(word: str) -> tuple[str, ...]:
    return tuple(_runs(f" {word} ", *LETTERS)) if not word.isdigit() and word != "#" else ()


def _runs(text: str, least: int, most: int) -> list[str]:
    return [text[at : at + n] for n in range(least, most + 1) for at in range(len(text) - n + 1)]
