"""Whether decoded text looks like text: signs beyond ASCII stand where such signs can."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

#: Encodings of several bytes per sign, by the script their text is mostly in.
EAST_ASIAN = {
    "gb18030": "gb2312", "big5": "big5", "cp932": "euc_jp", "euc_jp": "euc_jp", "cp949": "euc_kr",
}  # fmt: skip
#: First bytes of the common characters of a national set: level 1 of GB 2312, Big5, JIS X 0208.
COMMON = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "euc_jp": (0xB0, 0xCF)}
KANA = re.compile(r"[\u3040-\u30ff]")
TYPOGRAPHIC = frozenset("‘’“”„–—…•·®©™°€£¥§«»¡¿±×½¼¾²³ºª№")
CURRENCIES = frozenset("€£¥")
#: Letters of western European languages; others are rarer in data without a declared encoding.
WESTERN = frozenset("éèêëàâäáãåçñöóòôõøüúùûíìîïæßœÉÈÀÁÂÄÅÃÇÑÖÓØÔÕÜÚ")
REPEATS_COUNTED = 3
GOOD, FAIR, POOR, BAD = 1.0, 0.7, 0.2, 0.0


def plausibility(text: str, encoding: str) -> float:
    """Return the mean plausibility of the signs beyond ASCII, from 0 to 1.

    >>> plausibility("Furnésh™", "mac_roman") > plausibility("FurnŽshª", "cp1252")
    True
    """
    padded = f" {text} "
    around = Counter(padded[i : i + 3] for i, sign in enumerate(text) if not sign.isascii())
    if not around:
        return BAD
    # A sign that stands in every line says no more than one that stands in a few.
    weights = {place: min(n, REPEATS_COUNTED) for place, n in around.items()}
    if encoding in EAST_ASIAN:
        national = EAST_ASIAN[encoding]
        score = _mean({place: _east_asian(place[1], national) for place in weights}, weights)
        # Nobody writes Japanese without kana; Chinese read as Japanese has none.
        return score * FAIR if national == "euc_jp" and not KANA.search(text) else score
    return _mean({place: _alphabetic(place) for place in weights}, weights)


def _mean(scores: dict[str, float], weights: dict[str, int]) -> float:
    total = sum(weights.values())
    return sum(scores[place] * weight for place, weight in weights.items()) / total


@lru_cache(maxsize=8192)
def _east_asian(sign: str, national: str) -> float:  # noqa: PLR0911 (one per rule)
    """Judge a sign in text of China, Japan or Korea: common characters are the rule there."""
    category = unicodedata.category(sign)
    if category in ("Cc", "Co", "Cn"):
        return BAD
    name = unicodedata.name(sign, "")
    if name.startswith("HANGUL"):
        return GOOD if national == "euc_kr" else BAD
    if name.startswith(("HIRAGANA", "KATAKANA")):
        return GOOD if national == "euc_jp" and "HALFWIDTH" not in name else POOR
    if not name.startswith("CJK UNIFIED"):
        is_wide = name.startswith(("FULLWIDTH", "IDEOGRAPHIC"))
        return GOOD if is_wide else FAIR if category[0] in "PSNZ" else POOR
    if national == "euc_kr":
        return POOR  # Korean business data is written in Hangul
    try:
        first = sign.encode(national)[0]
    except UnicodeEncodeError:
        return POOR
    low, high = COMMON[national]
    return GOOD if low <= first <= high else POOR


@lru_cache(maxsize=8192)
def _alphabetic(around: str) -> float:  # noqa: PLR0911 (one per rule)
    """Judge the middle of three signs: a letter fits its neighbours in script and case."""
    before, sign, after = tuple(around)
    category = unicodedata.category(sign)
    if category in ("Cc", "Cn", "Co"):
        return BAD
    if not category.startswith("L"):
        return _mark(before, sign, after)
    letters = [other for other in (before, after) if other.isalpha()]
    scripts = {_script(other) for other in (*letters, sign)}
    if len(scripts) > 1 or not letters:
        return POOR
    if sign.isupper() and before.islower():
        return BAD
    if sign.islower() and before.isupper() and after.isupper():
        return POOR
    if _script(sign) == "LATIN":
        return GOOD if sign in WESTERN else FAIR
    return GOOD if any(not other.isascii() for other in letters) else POOR


def _mark(before: str, sign: str, after: str) -> float:
    if sign in "’‘" and (before.isalpha() or after.isalpha()):
        return GOOD
    if sign == "\u00a0":
        return FAIR
    if sign not in TYPOGRAPHIC:
        return BAD
    if sign in CURRENCIES and (before.isalpha() or after.isalpha()):
        return POOR
    return POOR if before.islower() and after.islower() else GOOD


def _script(letter: str) -> str:
    return unicodedata.name(letter, "NONE").split()[0]
