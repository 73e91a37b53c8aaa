"""Which language a text is in: zh, en, other, or und where nothing tells.

The script is asked first; among Latin letters, words that only English has; what is left is put to
lingua with a set of languages small enough for short texts.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from crm_tasks.identity.lexicon import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

LanguageCode = Literal["zh", "en", "other", "und"]

#: Not words of the writer: placeholders of masked data, addresses of the web and of mail.
NO_WORDS = re.compile(r"\[[a-z_]+\]|https?://[!-~]+|www\.[!-~]+|[!-?A-~]+@[!-~]+|@\w+")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a]")
WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’][A-Za-z]+)?")
LETTER = re.compile(r"[^\W\d_]")
#: A Chinese character says about as much as this many Latin letters.
LETTERS_PER_HAN = 2.5
KANA_AT_LEAST = 0.1
#: Words of English that no other language written in Latin letters has in common use.
ENGLISH = words_of(
    """
    about after again all always am and any anyone are arrived as back be because been before
    best better bought broke broken buy can cannot can't could customer delivery did didn't does
    doesn't don't each ever every everything excellent few find for friends from get good great
    happy has have haven't he hello help her his how i'm i've if into is isn't it it's its just
    know last late like love many month more much my near never new nice not nothing of ok okay
    one only order other our package please poor price quality quick quickly reply returned said
    send sent service she should since so some soon still than thank thanks that that's the
    their them then there these they thing this those today too two until up very want wanted
    was wasn't way we week well went were what when where which while who why will with won't
    wonderful would wouldn't yesterday yet you your
    """
)
#: Of those, words that other languages write alike: they count half.
SHARED = words_of(
    """
    all am an as best can for fine have her his if in is it just last like man my new of ok okay
    one other price service so some still was we week will
    """
)
ENGLISH_SHARE, ENGLISH_WORDS = 0.34, 2.0
#: What lingua has to be sure of; of one or two words it knows less than it says.
SURE, SURE_OF_FEW, FEW_WORDS = 0.3, 0.75, 3
LATIN_LANGUAGES = (
    "ENGLISH", "FRENCH", "GERMAN", "SPANISH", "PORTUGUESE", "ITALIAN", "DUTCH", "POLISH",
    "TURKISH", "VIETNAMESE", "INDONESIAN", "SWEDISH",
)  # fmt: skip


def language_codes(texts: Iterable[str]) -> list[LanguageCode]:
    """Return the language of each text; no text is left out.

    Returns
    -------
    list of {'zh', 'en', 'other', 'und'}
        ``other`` is a language that the product does not read, ``und`` a text that does not tell:
        no letters, or too few of them.

    Examples
    --------
    >>> language_codes(["订单没到", "Where is my order?", "注文はいつ届きますか", "12 👍", ""])
    ['zh', 'en', 'other', 'und', 'und']
    """
    return [_language(text) for text in texts]


def _language(text: str) -> LanguageCode:
    words = NO_WORDS.sub(" ", text)
    n_letters = len(LETTER.findall(words))
    if not n_letters:
        return "und"
    n_kana, n_han, n_latin = (len(s.findall(words)) for s in (KANA, HAN, LATIN))
    if n_kana and n_kana >= KANA_AT_LEAST * (n_kana + n_han):
        return "other"
    if n_han and n_han * LETTERS_PER_HAN >= n_latin:
        return "zh" if n_han >= n_letters - n_han - n_latin else "other"
    if n_latin < n_letters / 2:
        return "other"
    return _latin(words)


def _latin(text: str) -> LanguageCode:
    words = [word.lower().replace("’", "'") for word in WORD.findall(text)]
    weight = sum(0.5 if word in SHARED else 1.0 for word in words if word in ENGLISH)
    if weight >= max(ENGLISH_WORDS * (len(words) > FEW_WORDS), ENGLISH_SHARE * len(words)):
        return "en"
    ranked = _detector().compute_language_confidence_values(text)
    if not ranked:
        return "und"
    needed = SURE if len(words) > FEW_WORDS else SURE_OF_FEW
    best = ranked[0]
    if best.value < needed:
        return "en" if weight >= 1 else "und"
    return "en" if best.language.name == "ENGLISH" else "other"


@cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name) for name in LATIN_LANGUAGES]
    return LanguageDetectorBuilder.from_languages(*languages).build()
