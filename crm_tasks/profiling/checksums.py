"""Numbers of China that carry a check digit: resident identity cards and bank cards."""

from __future__ import annotations

import datetime as dt
import re

RESIDENT_ID = re.compile(r"[1-9]\d{5}(19|20)\d{9}[\dXx]")
UNION_PAY = re.compile(r"62\d{14,17}")
#: GB 11643-1999: weights of the first 17 digits, and the check digit for each remainder modulo 11.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"


def is_resident_id(text: str) -> bool:
    """Return whether a text is a Chinese identity number: region, a date of birth, check digit.

    >>> is_resident_id("11010519491231002X"), is_resident_id("110105194912310021")
    (True, False)
    """
    if not RESIDENT_ID.fullmatch(text):
        return False
    try:
        dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, text, strict=False))
    return CHECK_DIGITS[total % len(CHECK_DIGITS)] == text[-1].upper()


def is_bank_card(text: str) -> bool:
    """Return whether a text is a UnionPay card number: its prefix and Luhn's check digit.

    >>> is_bank_card("6222021234567890128"), is_bank_card("6222021234567890123")
    (True, False)
    """
    digits = re.sub(r"[ -]", "", text)
    return UNION_PAY.fullmatch(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 (the sum of two digits)
    return total % 10 == 0
