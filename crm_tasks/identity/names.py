"""Names in comparable form: whatever script, order, title or short form they were written in.

A Chinese name is compared by its simplified characters and, with names in Latin letters, by its
pinyin. A name in Latin letters is compared by its words without accents and titles, with short
forms replaced by the name they stand for; order does not count, because sources disagree about it.
A suffix (Jr, III) stays a word of the name, but is neither given nor family name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from crm_tasks.identity.lexicon import (
    COMPOUND_SURNAMES,
    SHORT_FORMS,
    SUFFIXES,
    SURNAME_READINGS,
    SURNAMES,
    TITLES,
    ZH_TITLES,
)

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
NOT_A_WORD = re.compile(r"[^a-z]+")
ZH_NAME = range(2, 5)
TWO_WORDS = 2


@dataclass(frozen=True)
class Name:
    """One name in comparable form; '' where a part is not known.

    Parameters
    ----------
    zh : str
        Simplified Chinese characters, family name first.
    full : str
        All words in Latin letters, in alphabetical order, joined by blanks.
    flat : str
        All letters in the order written, without blanks.
    given, family : str
        The first given name and the family name in Latin letters, as far as order tells.
    initials : str
        First letters of given and family name, in alphabetical order.
    has_initial : bool
        Whether a given name stands as one letter only.
    """

    zh: str = ""
    full: str = ""
    flat: str = ""
    given: str = ""
    family: str = ""
    initials: str = ""
    has_initial: bool = False

    @property
    def core(self) -> str:
        """Given and family name in alphabetical order, or the only one there is."""
        return " ".join(sorted(part for part in (self.given, self.family) if part))

    @property
    def short(self) -> str:
        """The initial of the given name and the family name."""
        return f"{self.given[0]} {self.family}" if self.given and self.family else ""


NO_NAME = Name()


def parse_name(text: str) -> Name:
    """Return a full name in comparable form.

    Examples
    --------
    >>> parse_name("Dr. Müller, Jürgen").full
    'jurgen muller'
    >>> parse_name("張偉") == parse_name("张伟"), parse_name("张伟").full
    (True, 'wei zhang')
    >>> parse_name("Wang Xiaoming").full == parse_name("王小明").full
    True
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if HAN.search(text):
        return _chinese(text)
    return _latin(text)


def parse_parts(given: str, family: str) -> Name:
    """Return a name whose given and family part stand in columns of their own.

    >>> parse_parts("Bob", "Smith").full
    'robert smith'
    """
    if HAN.search(given) or HAN.search(family):
        return parse_name(family.strip() + given.strip())
    return _named(_words(given), _words(family))


def parse_display_name(text: str) -> Name:
    """Return a display name in comparable form, or no name where it is a nickname.

    >>> parse_display_name("lucky_star") == NO_NAME, parse_display_name("Ann Lee").full
    (True, 'ann lee')
    """
    text = unicodedata.normalize("NFKC", text).strip()
    found = parse_name(text)
    if found.zh:
        has_surname = found.zh[0] in SURNAMES or found.zh[:2] in COMPOUND_SURNAMES
        return found if has_surname and len(found.zh) in ZH_NAME else NO_NAME
    is_name = re.fullmatch(r"[^\W\d_]+([ ,.'\u2019-]+[^\W\d_]+)+\.?", text) is not None
    return found if is_name else NO_NAME


# --- Chinese --------------------------------------------------------------------------------------


def simplified(text: str) -> str:
    """Return Chinese text in simplified characters.

    >>> simplified("文化路80號")
    '文化路80号'
    """
    return str(_opencc().convert(text))


@cache
def _opencc() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _chinese(text: str) -> Name:
    """Return a name with Chinese characters; Latin words beside them are left out."""
    zh = "".join(HAN.findall(simplified(text)))
    for title in ZH_TITLES:
        if len(zh) > len(title) + 1:
            zh = zh.removesuffix(title)
    n = 2 if zh[:2] in COMPOUND_SURNAMES and len(zh) > TWO_WORDS else 1
    family = SURNAME_READINGS.get(zh[:n]) or pinyin(zh[:n])
    given = pinyin(zh[n:])
    return Name(
        zh=zh,
        full=" ".join(sorted(part for part in (given, family) if part)),
        flat=family + given,
        given=given,
        family=family,
        initials=_initials(given, family),
    )


def pinyin(zh: str) -> str:
    """Return Chinese characters as one word of Latin letters, without tones.

    >>> pinyin("吕")
    'lu'
    """
    from pypinyin import lazy_pinyin

    return NOT_A_WORD.sub("", "".join(lazy_pinyin(zh)).lower().replace("v", "u"))


# --- Latin ----------------------------------------------------------------------------------------


def _latin(text: str) -> Name:
    family, comma, given = text.partition(",")
    if comma and _words(given) and _words(family):
        return _named(_words(given), _words(family))
    words = _words(text)
    suffixes = [word for word in words if word in SUFFIXES]
    if suffixes and len(words) > len(suffixes) + 1:
        found = _latin(" ".join(word for word in words if word not in SUFFIXES))
        full = " ".join(sorted([*found.full.split(), *suffixes]))
        return replace(found, full=full)
    if len(words) < TWO_WORDS:
        return _named(words, [])
    if _is_romanised_chinese(words):
        return _named(["".join(words[1:])], words[:1], flat="".join(words))
    return _named(words[:-1], words[-1:])


def _words(text: str) -> list[str]:
    """Return the words of a name in Latin letters without titles."""
    from anyascii import anyascii

    words = [
        NOT_A_WORD.sub("", word)
        for word in re.split(r"[\s.·,/]+", anyascii(text).lower().replace("'", ""))
    ]
    words = [word for word in words if word]
    return [word for word in words if word not in TITLES] or words


def _named(given: list[str], family: list[str], flat: str = "") -> Name:
    given = [SHORT_FORMS.get(word, word) for word in given]
    first, last = (given or [""])[0], "".join(family)
    return Name(
        full=" ".join(sorted([*given, *([last] if last else [])])),
        flat=flat or "".join([*given, last]),
        given=first,
        family=last,
        initials=_initials(first, last),
        has_initial=len(first) == 1,
    )


def _is_romanised_chinese(words: list[str]) -> bool:
    """Return whether words look like a Chinese name in pinyin, family name first."""
    return len(words) <= 3 and words[0] in _surname_readings() and all(  # noqa: PLR2004
        _syllables().fullmatch(word) for word in words
    )  # fmt: skip


@cache
def _surname_readings() -> frozenset[str]:
    readings = {SURNAME_READINGS.get(one) or pinyin(one) for one in SURNAMES | COMPOUND_SURNAMES}
    return frozenset(readings)


@cache
def _syllables() -> re.Pattern[str]:
    """Return the pattern of one or two pinyin syllables."""
    initial = "(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    final = "(iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|a|e|i|o|u)"  # noqa: E501
    return re.compile(f"({initial}{final}){{1,2}}")


def _initials(given: str, family: str) -> str:
    return "".join(sorted(part[0] for part in (given, family) if part))
