"""How two records are compared: per field, levels from best to worst, as data for Splink.

A level is an SQL condition over the columns of both records (``<column>_l``, ``<column>_r``) of the
comparable table (:mod:`crm_tasks.identity.comparable`). The first level that holds counts. Fellegi
and Sunter (1969) give each level the weight log2(m / u): how often it occurs between records of one
person and between records of two. ``frequency`` names the column whose value's own frequency takes
the place of u.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ELSE = "ELSE"

#: Columns of the comparable table that are compared or blocked on; all text but the last.
COLUMNS = (
    "name_zh", "name_full", "name_flat", "name_given", "name_family", "name_initials", "name_core",
    "name_short", "email", "phone", "birth", "address", "address_numbers", "address_words", "city",
    "postal",
)  # fmt: skip
FLAGS = ("name_has_initial", "has_namesake_at_home")


@dataclass(frozen=True)
class Level:
    """One level of a comparison: its name, condition and, if any, the column of frequencies."""

    name: str
    sql: str
    frequency: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One field's levels from best to worst; ``missing`` says when nothing can be compared."""

    field: str
    missing: str
    levels: tuple[Level, ...]


def _alike(left: str, right: str, least: float = 0.88) -> str:
    return f"jaro_winkler_similarity({left}, {right}) >= {least}"


def _mistakes(column: str, most: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


def _same(*columns: str) -> str:
    return " and ".join(f"{column}_l = {column}_r" for column in columns)


NAME = Comparison(
    "name",
    "name_full_l is null or name_full_r is null",
    (
        Level("same characters", _same("name_zh"), "name_full"),
        Level(
            "same words",
            f"{_same('name_full')} and (name_zh_l is null or name_zh_r is null)",
            "name_full",
        ),
        Level("same sound", _same("name_full"), "name_full"),
        Level("same given and family name", f"{_same('name_core')} or {_same('name_flat')}"),
        Level(
            "same initial and family name",
            f"(name_has_initial_l or name_has_initial_r) and {_same('name_short')}",
        ),
        Level(
            "one mistake",
            f"length(name_flat_l) >= 5 and ({_mistakes('name_full', 1)}"
            f" or {_mistakes('name_flat', 1)}"
            " or list_sort(string_split(name_zh_l, '')) = list_sort(string_split(name_zh_r, '')))",
        ),
        Level(
            "alike",
            f"{_alike('name_full_l', 'name_full_r', 0.9)}"
            f" or {_alike('name_flat_l', 'name_flat_r', 0.92)}",
        ),
        Level(
            "same given name",
            f"{_same('name_given')} or name_given_l = name_family_r"
            " or name_family_l = name_given_r",
        ),
        Level("same family name", _same("name_family")),
        Level(
            "one part alike",
            " or ".join(
                _alike(f"name_{a}_l", f"name_{b}_r")
                for a in ("given", "family")
                for b in ("given", "family")
            ),
        ),
        Level("different", ELSE),
    ),
)
EMAIL = Comparison(
    "email",
    "email_l is null or email_r is null",
    (
        Level("same", _same("email"), "email"),
        Level("one mistake", f"length(email_l) >= 10 and {_mistakes('email', 1)}"),
        Level("different", ELSE),
    ),
)
PHONE = Comparison(
    "phone",
    "phone_l is null or phone_r is null",
    (
        Level("same", _same("phone"), "phone"),
        Level("one mistake", _mistakes("phone", 1)),
        Level("different", ELSE),
    ),
)
_YEAR = "substr(birth_l, 1, 4) = substr(birth_r, 1, 4)"
BIRTH = Comparison(
    "birth",
    "birth_l is null or birth_r is null",
    (
        Level("same", _same("birth"), "birth"),
        Level(
            "day and month swapped",
            f"{_YEAR} and substr(birth_l, 6, 2) = substr(birth_r, 9, 2)"
            " and substr(birth_l, 9, 2) = substr(birth_r, 6, 2)",
        ),
        Level("one mistake", _mistakes("birth", 1)),
        Level(
            "two of three parts",
            "substr(birth_l, 1, 7) = substr(birth_r, 1, 7)"
            " or substr(birth_l, 6) = substr(birth_r, 6)"
            f" or ({_YEAR} and substr(birth_l, 9, 2) = substr(birth_r, 9, 2))",
        ),
        Level("same year", _YEAR),
        Level("different", ELSE),
    ),
)
ADDRESS = Comparison(
    "address",
    "address_l is null or address_r is null",
    (
        Level("same", _same("address"), "address"),
        Level(
            "same numbers, words alike",
            f"{_same('address_numbers')} and {_alike('address_words_l', 'address_words_r')}",
        ),
        Level("words alike", _alike("address_words_l", "address_words_r")),
        Level("same numbers", _same("address_numbers")),
        Level("words somewhat alike", _alike("address_words_l", "address_words_r", 0.75)),
        Level("different", ELSE),
    ),
)
_CITY_ALIKE = _alike("city_l", "city_r")
AREA = Comparison(
    "area",
    "(city_l is null or city_r is null) and (postal_l is null or postal_r is null)",
    (
        Level("same postal code and city", _same("postal", "city"), "postal"),
        Level(
            "one same, one alike",
            f"({_same('postal')} and {_CITY_ALIKE}) or ({_same('city')} and"
            f" {_mistakes('postal', 1)})",
        ),
        Level("same postal code", _same("postal"), "postal"),
        Level("same city", _same("city"), "city"),
        Level("both alike", f"{_CITY_ALIKE} and {_mistakes('postal', 1)}"),
        Level("one alike", f"{_CITY_ALIKE} or {_mistakes('postal', 1)}"),
        Level("different", ELSE),
    ),
)
COMPARISONS = (NAME, EMAIL, PHONE, BIRTH, ADDRESS, AREA)
FIELDS = tuple(comparison.field for comparison in COMPARISONS)
#: Columns whose values have frequencies, and whether these come with the model or with the data:
#: how many persons share a mailbox, a phone or a home is known best from all that is known now.
FROZEN_FREQUENCIES = ("name_full", "birth", "city", "postal")
LIVE_FREQUENCIES = ("email", "phone", "address")

#: So many of the best levels of a name are one and the same name: relatives are on them only as
#: namesakes, father and son.
N_SAME_NAME = 4
#: From this level of a birth date on two dates are those of two persons, unless one is wrong.
BIRTHS_DIFFER = 4


def comparison_of(field: str) -> Comparison:
    """Return the comparison of a field."""
    return next(one for one in COMPARISONS if one.field == field)


def level_sql(comparison: Comparison) -> str:
    """Return SQL for the number of the level a pair ``l``, ``r`` is on: 0 the best, NULL missing.

    >>> level_sql(PHONE)[:70]
    'case when l.phone is null or r.phone is null then null when l.phone = '
    """
    cases = [f"when {comparison.missing} then null"]
    for number, level in enumerate(comparison.levels):
        cases.append(f"else {number}" if level.sql == ELSE else f"when {level.sql} then {number}")
    names = "|".join(sorted((*COLUMNS, *FLAGS), key=len, reverse=True))
    text = f"case {' '.join(cases)} end"
    return re.sub(rf"\b({names})_([lr])\b", r"\2.\1", text)
