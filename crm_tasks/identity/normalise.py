"""Identifying values in the form they are compared in: phones, e-mail, addresses, dates, cities.

Each function takes what a source wrote and returns its comparable form, or None where nothing can
be compared: empty, a placeholder everybody uses, or no such thing at all.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING

from crm_tasks.identity.lexicon import ADDRESS_WORDS, ROLE_MAILBOXES, words_of
from crm_tasks.identity.names import HAN, pinyin, simplified

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Birth dates that forms put in when nobody filled them.
PLACEHOLDER_DATES = ("1900-01-01", "1901-01-01", "1970-01-01", "0001-01-01", "9999-12-31")
MONTHS, YEAR_DIGITS, DATE_DIGITS = 12, 4, 8
FIRST_YEAR, LAST_YEAR = 1880, 2100
SHORTEST_PHONE = 6


def clean(value: str | None) -> str:
    r"""Return text in one Unicode form, trimmed, '' for None.

    >>> clean(" \uff21\uff22 ")
    'AB'
    """
    if value is None:
        return ""
    return (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()


# --- e-mail ---------------------------------------------------------------------------------------


def email(value: str | None) -> str | None:
    """Return a personal e-mail address: lower case, without a tag; None for an office's mailbox.

    >>> email("Ann+shop@Example.ORG"), email("info@example.org"), email("nobody")
    ('ann@example.org', None, None)
    """
    local, at, domain = clean(value).lower().rpartition("@")
    local = local.partition("+")[0].strip()
    domain = domain.strip().rstrip(".")
    if not at or not local or "." not in domain or is_role(local):
        return None
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def is_role(local: str) -> bool:
    """Return whether a mailbox is an office's.

    >>> is_role("info"), is_role("sales2"), is_role("information")
    (True, True, False)
    """
    return local.rstrip("0123456789._-") in ROLE_MAILBOXES


def email_domain(value: str | None) -> str | None:
    """Return the domain of an e-mail address.

    >>> email_domain("info@Corp.example")
    'corp.example'
    """
    local, at, domain = clean(value).lower().rpartition("@")
    return domain.strip().rstrip(".") if at and local and "." in domain else None


# --- phone ----------------------------------------------------------------------------------------


def phone(value: str | None, regions: tuple[str, ...]) -> str | None:
    """Return a phone number as E.164, read as one of the regions where it has no country code.

    The first region in which the number is valid holds; where it is valid in none, the digits
    without leading zeros are what can be compared.

    >>> phone("138-0013 8000", ("GB", "CN")), phone("+44 7400 123456", ("CN",))
    ('+8613800138000', '+447400123456')
    """
    import phonenumbers

    text = clean(value)
    digits = re.sub(r"\D", "", text)
    if len(digits) < SHORTEST_PHONE or len(set(digits.lstrip("0"))) < 2:  # noqa: PLR2004 (000000)
        return None
    for region in regions if not text.startswith("+") else regions[:1]:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if text.startswith("+") or phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits.lstrip("0")


# --- dates ----------------------------------------------------------------------------------------


def birth_date(value: str | None, formats: Sequence[str] = ()) -> str | None:
    """Return a birth date as YYYY-MM-DD, by a declared format or by what can only be meant.

    A date that no calendar has is kept as written: a mistake in one digit can still be compared.

    >>> birth_date("1980/2/3"), birth_date("19800203"), birth_date("25.12.1980")
    ('1980-02-03', '1980-02-03', '1980-12-25')
    >>> birth_date("1980年2月3日"), birth_date("01/02/1980"), birth_date("1900-01-01")
    ('1980-02-03', '1980-02-01', None)
    """
    text = clean(value)
    for declared in formats:
        try:
            return _dated(dt.datetime.strptime(text, declared).date().isoformat())  # noqa: DTZ007
        except ValueError:
            continue
    parts = re.findall(r"\d+", re.split(r"[T ]", text)[0])
    if len(parts) == 1 and len(parts[0]) == DATE_DIGITS:
        parts = _eight(parts[0])
    if len(parts) != len(("year", "month", "day")):
        return None
    if len(parts[0]) != YEAR_DIGITS:
        parts = _year_first(parts)
    if len(parts[0]) != YEAR_DIGITS or not FIRST_YEAR <= int(parts[0]) <= LAST_YEAR:
        return None
    return _dated("-".join((parts[0], parts[1].zfill(2), parts[2].zfill(2))))


def _eight(digits: str) -> list[str]:
    if FIRST_YEAR <= int(digits[:4]) <= LAST_YEAR:
        return [digits[:4], digits[4:6], digits[6:]]
    return [digits[:2], digits[2:4], digits[4:]]


def _year_first(parts: list[str]) -> list[str]:
    """Return day, month, year as year, month, day; the day stands first unless it cannot."""
    first, second, year = parts
    if int(second) > MONTHS >= int(first):
        first, second = second, first
    return [year, second, first]


def _dated(text: str) -> str | None:
    return None if text in PLACEHOLDER_DATES else text


# --- places ---------------------------------------------------------------------------------------


def address(value: str | None) -> str | None:
    """Return an address in comparable form: usual words shortened, order of words left out.

    >>> address("Flat 4, 12 High Street") == address("12 HIGH ST. Flat 4")
    True
    >>> address("文化路80號 145室") == address("文化 路80号145室")
    True
    """
    text = clean(value)
    if HAN.search(text):
        return re.sub(r"[\W_]+", "", simplified(text)) or None
    words = [ADDRESS_WORDS.get(word, word) for word in _latin_words(text)]
    return " ".join(sorted(words)) or None


def address_words(value: str | None) -> str | None:
    """Return the letters of an address, in the order written, without numbers and blanks.

    >>> address_words("12 High Street, Flat 4")
    'highstflat'
    """
    text = clean(value)
    if HAN.search(text):
        return re.sub(r"[\W_\d]+", "", simplified(text)) or None
    words = (ADDRESS_WORDS.get(word, word) for word in _latin_words(text))
    return re.sub(r"\d", "", "".join(words)) or None


def address_numbers(value: str | None) -> str | None:
    """Return the numbers in an address, in the order of their digits.

    >>> address_numbers("12 High Street, Flat 4")
    '12 4'
    """
    found = re.findall(r"\d+", clean(value))
    return " ".join(sorted(found)) or None


def city(value: str | None) -> str | None:
    """Return a city in Latin letters.

    >>> city("北京市"), city("Xi'an"), city("西安")
    ('beijing', 'xian', 'xian')
    """
    text = clean(value)
    if HAN.search(text):
        return pinyin(simplified(text).removesuffix("市")) or None
    return "".join(_latin_words(text)) or None


def word(value: str | None) -> str | None:
    """Return any other text in lower case without blanks and signs.

    >>> word("AB-12 c")
    'ab12c'
    """
    return re.sub(r"[\W_]+", "", clean(value).lower()) or None


def company(value: str | None) -> str | None:
    """Return a company's name without its legal form.

    >>> company("Northgate Food 1 Ltd."), company("华信达商贸有限公司")
    ('northgatefood1', '华信达商贸')
    """
    text = simplified(clean(value).lower()) if HAN.search(value or "") else clean(value).lower()
    text = re.sub(r"(股份|集团)?(有限)?(责任)?公司$", "", text)
    words = [w for w in re.split(r"[\W_]+", text) if w]
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return "".join(words) or None


LEGAL_FORMS = words_of(
    "ltd limited inc incorporated llc plc corp corporation co company gmbh ag sa sarl bv nv ab oy "
    "pty srl spa kg"
)


def _latin_words(text: str) -> list[str]:
    from anyascii import anyascii

    ascii_text = text if text.isascii() else anyascii(text)
    return [w for w in re.split(r"[^a-z0-9]+", ascii_text.lower().replace("'", "")) if w]
