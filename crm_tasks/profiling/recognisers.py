"""Which kind of identifying value the values of a column are, by pattern and checksum."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm_tasks.profiling.checksums import is_bank_card, is_resident_id
from crm_tasks.profiling.words import read_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RULES = Path(__file__).with_name("identifying.yml")
VALUES_JUDGED = 200
VALUES_AT_LEAST = 3
#: Share of the values a recogniser must know; a few that it does not are typing errors. A check
#: digit is right by chance once in ten.
EMAILS_AT_LEAST, KNOWN_AT_LEAST = 0.5, 0.8
SCORE_AT_LEAST = 0.5
CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
LATIN_NAME = re.compile(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3}")
CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
EMAIL_INSIDE = re.compile(r"[^\s@<>,;:()]+@[^\s@<>,;:()]+\.[a-zA-Z]{2,}")
#: Fewer numbers than that a country has by chance or by mistake.
FEW_PHONES = 0.1


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """Return the rules of identifying.yml."""
    return read_words(RULES)


def recognised(values: Sequence[str]) -> tuple[str, float, str] | None:
    """Return the kind most values are of, their share, and what recognised them; or None.

    Parameters
    ----------
    values : sequence of str
        Distinct values; the first ``VALUES_JUDGED`` are judged. Nothing leaves this machine: no
        recogniser asks the network.
    """
    judged = [value.strip() for value in values[:VALUES_JUDGED]]
    if len(judged) < VALUES_AT_LEAST:
        return None
    share = sum(map(_is_email, judged)) / len(judged)
    if share >= EMAILS_AT_LEAST:
        return "email", share, "email-validator"
    for kind, name, knows in _recognisers():
        # A recogniser that knows none of the first values is not asked about the others.
        if any(map(knows, judged[:VALUES_AT_LEAST])):
            share = sum(map(knows, judged)) / len(judged)
            if share >= KNOWN_AT_LEAST:
                return kind, share, name
    return None


def phone_regions_of(values: Sequence[str]) -> list[str]:
    """Return the countries that numbers without country code can be of, the likeliest first.

    Each next one is the country of most numbers that are of none before it.
    """
    left = [value for value in values[:VALUES_JUDGED] if not value.strip().startswith(("+", "00"))]
    n_few = FEW_PHONES * len(left)
    regions: list[str] = []
    while left:
        known = {region: _numbers_of(region, left) for region in rules()["phone_regions"]}
        best = max(known, key=lambda region: len(known[region]))
        if len(known[best]) <= n_few:
            break
        regions.append(best)
        left = [value for value in left if value not in known[best]]
    return regions


def _numbers_of(region: str, values: Sequence[str]) -> set[str]:
    found = set()
    for value in values:
        with contextlib.suppress(phonenumbers.NumberParseException):
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                found.add(value)
    return found


def found_in_text(values: Sequence[str]) -> float:
    """Return the share of values that hold an e-mail address or phone number somewhere."""
    judged = values[:VALUES_JUDGED]
    hits = sum(bool(EMAIL_INSIDE.search(value)) or _has_phone(value) for value in judged)
    return hits / len(judged) if judged else 0.0


def looks_like_names(values: Sequence[str]) -> float:
    """Return the share of values that could be names of people."""
    judged = [value.strip() for value in values[:VALUES_JUDGED]]
    if not judged:
        return 0.0
    surnames = set(rules()["surnames"])
    hits = sum(
        (CHINESE_NAME.fullmatch(value) is not None and value[0] in surnames)
        or LATIN_NAME.fullmatch(value) is not None
        for value in judged
    )
    return hits / len(judged)


@lru_cache(maxsize=1)
def _recognisers() -> tuple[tuple[str, str, Callable[[str], bool]], ...]:
    """Return check digits first, then the recognisers of presidio-analyzer, phone numbers last."""
    from presidio_analyzer import predefined_recognizers

    kept = [
        (kind, name, partial(_covers, getattr(predefined_recognizers, name)()))
        for name, kind in rules()["recognisers"].items()
    ]
    return (
        ("government_id", "check digit of resident identity cards", is_resident_id),
        ("government_id", "check digit of bank cards", is_bank_card),
        *kept,
        ("phone", "phonenumbers", _is_phone),
    )


def _covers(recogniser: Any, value: str) -> bool:
    results = recogniser.analyze(value, recogniser.supported_entities)
    return any(
        result.score >= SCORE_AT_LEAST and result.end - result.start >= len(value)
        for result in results
    )


def _is_email(value: str) -> bool:
    if "@" not in value:
        return False
    try:
        validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True


def _is_phone(value: str) -> bool:
    """Return whether a value is a phone number and nothing else it could be.

    Bare digits are numbers of anything; of those only Chinese mobile numbers are taken for phones.
    """
    if value.isdigit():
        return CHINESE_MOBILE.fullmatch(value) is not None
    if not re.fullmatch(r"[+(]?[\d][\d\s().+/-]{5,20}(?:x\d+)?", value):
        return False
    regions = [None] if value.startswith("+") else rules()["phone_regions"]
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _has_phone(text: str) -> bool:
    if not re.search(r"\d{3}[\d\s().-]{3,}\d", text):
        return False
    return any(
        phonenumbers.PhoneNumberMatcher(
            text, region, leniency=phonenumbers.Leniency.VALID
        ).has_next()
        for region in rules()["phone_regions"][:2]
    )
