"""How alike a column's name and a known name are, in English and Chinese."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
EQUAL, SAME_WORDS, ENDS_ALIKE, CONTAINS = 1.0, 0.95, 0.8, 0.7
TYPING_ERROR, LONG_WORD = 0.85, 5
#: Words that mean the same in names of columns.
SAME = {"number": "no", "num": "no", "nr": "no", "identifier": "id", "ids": "id", "key": "id",
        "uuid": "id", "guid": "id", "qty": "quantity", "amt": "amount", "desc": "description",
        "addr": "address", "tel": "phone", "dt": "date", "ts": "timestamp", "cust": "customer",
        "prod": "product", "cat": "category", "mail": "email", "dob": "birthdate"}  # fmt: skip


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, lower case, in their plain form.

    >>> words_of("Lineitem QtyOrdered"), words_of("客户编号"), words_of("InvoiceNo")
    (('lineitem', 'quantity', 'ordered'), ('客户编号',), ('invoice', 'no'))
    """
    text = (
        re.sub(r"__[a-z]+$", "", name.strip()).replace("E-Mail", "email").replace("e-mail", "email")
    )
    words = [word.lower() for word in WORD.findall(text)]
    return tuple(SAME.get(word, word) for word in words)


@lru_cache(maxsize=65536)
def likeness(name: str, known: str) -> float:  # noqa: PLR0911 (one per rule)
    """Return how surely a name means the same as a known one, from 0 to 1.

    >>> likeness("CustomerID", "customer id"), likeness("Custmer Id", "customer id") > 0.7
    (1.0, True)
    """
    mine, theirs = words_of(name), words_of(known)
    if not mine or not theirs:
        return 0.0
    if "".join(mine) == "".join(theirs):
        return EQUAL
    if set(mine) == set(theirs):
        return SAME_WORDS
    if not all(word.isascii() for word in theirs):
        return _chinese("".join(mine), "".join(theirs))
    if mine[-len(theirs) :] == theirs:
        return ENDS_ALIKE
    if len(theirs) > 1 and set(theirs) <= set(mine):
        return CONTAINS
    return ENDS_ALIKE * _mistyped(mine, theirs)


def _mistyped(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Return how alike names are word by word, 0 unless all words could be mistyped ones."""
    if len(mine) != len(theirs):
        return 0.0
    pairs = zip(mine, theirs, strict=True)
    ratios = [
        1.0 if one == other else SequenceMatcher(None, one, other).ratio() for one, other in pairs
    ]
    is_typed = all(
        ratio == 1.0 or (ratio >= TYPING_ERROR and len(word) >= LONG_WORD)
        for ratio, word in zip(ratios, theirs, strict=True)
    )
    return min(ratios) if is_typed else 0.0


def _chinese(mine: str, theirs: str) -> float:
    if theirs in mine and len(theirs) > 1:
        share = len(theirs) / len(mine)
        return ENDS_ALIKE + (SAME_WORDS - ENDS_ALIKE) * share if mine.endswith(theirs) else CONTAINS
    return 0.0


def best_likeness(name: str, known: tuple[str, ...]) -> float:
    """Return the likeness to the most alike of several known names."""
    return max((likeness(name, one) for one in known), default=0.0)


def without_noun(name: str, nouns: tuple[str, ...]) -> str | None:
    """Return a name without the thing it begins with, or None if it does not.

    >>> without_noun("customer_name", ("customer",)), without_noun("name", ("customer",))
    ('name', None)
    """
    words = words_of(name)
    for noun in nouns:
        front = words_of(noun)
        if words[: len(front)] == front and len(words) > len(front):
            return " ".join(words[len(front) :])
        if not noun.isascii() and name.startswith(noun) and len(name) > len(noun):
            return name[len(noun) :]
    return None
