"""How a column writes numbers: decimal and thousands marks, currency signs, negatives."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.landing.values import FULL_WIDTH, PLAIN_WIDTH
from crm_tasks.profiling.decisions import NOTHING, Remark
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Signs and codes that may stand beside an amount, with the currency where it is the only one.
CURRENCIES = {
    "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "$": None, "US$": "USD", "USD": "USD",
    "¥": None, "￥": "CNY", "CNY": "CNY", "RMB": "CNY", "元": "CNY", "JPY": "JPY", "円": "JPY",
    "₹": "INR", "INR": "INR", "R$": "BRL", "BRL": "BRL", "HK$": "HKD", "HKD": "HKD", "NT$": "TWD",
    "TWD": "TWD", "CHF": "CHF", "₩": "KRW", "KRW": "KRW", "₽": "RUB", "kr": None, "zł": "PLN",
    "A$": "AUD", "AUD": "AUD", "C$": "CAD", "CAD": "CAD", "S$": "SGD", "SGD": "SGD",
}  # fmt: skip
NARROW = str.maketrans(FULL_WIDTH, PLAIN_WIDTH)
MARKS = ".,' "
NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[+-])?(?P<before>[^\d\s()+-]{1,3})? ?"
    r"(?P<body>\d[\d.,' ]*?|\d+(?:\.\d+)?[eE][+-]?\d+) ?(?P<after>[^\d\s()+-]{1,3})?(?P<close>\))?"
)
FITS_AT_LEAST = 0.95
GROUP = 3


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written.

    ``is_ambiguous``: every mark could be either. ``n_decimals`` is the most that were seen.
    """

    decimal: str = "."
    thousands: str = ""
    currency: tuple[str, ...] = ()
    negative_in_parentheses: bool = False
    fit: float = 1.0
    n_decimals: int = 0
    is_ambiguous: bool = False
    has_leading_zeros: bool = False
    remark: Remark = NOTHING

    @property
    def is_plain(self) -> bool:
        """Whether a profile need not declare anything."""
        marks = (self.decimal, self.thousands) == (".", "")
        return marks and not self.currency and not self.negative_in_parentheses


def propose_numbers(values: Sequence[str]) -> NumberFormat | None:
    """Return how distinct values are written as numbers, or None if they are none.

    A mark followed by other than three digits, or beside another mark, decides for all; if there is
    no such value, thousands and decimals cannot be told apart.
    """
    matches = [match for value in values if (match := _match(value))]
    if not matches or len(matches) < FITS_AT_LEAST * len(values):
        return None
    bodies = [match["body"].strip() for match in matches]
    decimal, thousands, is_ambiguous = _marks(bodies)
    fitting = [body for body in bodies if _fits(body, decimal, thousands)]
    fit = len(fitting) / len(values)
    if fit < FITS_AT_LEAST:
        return None
    return NumberFormat(
        decimal=decimal,
        thousands=thousands,
        currency=_signs(matches),
        negative_in_parentheses=any(match["open"] for match in matches),
        fit=fit,
        n_decimals=max((_decimals(body, decimal) for body in fitting), default=0),
        is_ambiguous=is_ambiguous,
        has_leading_zeros=any(re.match(r"0\d", body) for body in fitting),
        remark=_said(decimal, thousands, is_ambiguous=is_ambiguous),
    )


def _said(decimal: str, thousands: str, *, is_ambiguous: bool) -> Remark:
    if is_ambiguous:
        return remark("number_ambiguous", mark=thousands or decimal)
    if thousands:
        return remark("number_grouped", decimal=decimal, thousands=thousands)
    return remark("number_decimal", decimal=decimal) if decimal != "." else NOTHING


def _match(value: str) -> re.Match[str] | None:
    match = NUMBER.fullmatch(value.translate(NARROW).strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [match[name] for name in ("before", "after") if match[name]]
    return match if len(signs) <= 1 and all(sign in CURRENCIES for sign in signs) else None


def _marks(bodies: Sequence[str]) -> tuple[str, str, bool]:
    """Return decimal mark, thousands mark, and whether that cannot be known."""
    votes: Counter[tuple[str, str]] = Counter()
    for body in bodies:
        votes.update(_votes(body))
    decimal = _elected(votes, "decimal", ".,")
    thousands = _elected(votes, "thousands", MARKS, other_than=decimal)
    unsure = _elected(votes, "either", MARKS, other_than=decimal)
    if decimal is None and thousands is None and unsure is not None:
        return ("." if unsure == "," else ",", unsure, True)
    if decimal is None:
        decimal = "," if thousands == "." else "."
    return decimal, thousands or unsure or "", False


def _votes(body: str) -> list[tuple[str, str]]:
    """Return what one number says of its marks: decimal, thousands, or either."""
    found = [mark for mark in MARKS if mark in body]
    if not found:
        return []
    last = max(found, key=body.rfind)
    others = [mark for mark in found if mark != last]
    if others:
        return [("decimal", last), ("thousands", others[0])]
    if body.count(last) > 1 or last in "' ":
        return [("thousands", last)]
    place = body.rfind(last)
    is_decimal = len(body) - place - 1 != GROUP or body[0] == "0" or place > GROUP
    return [("decimal" if is_decimal else "either", last)]


def _elected(
    votes: Counter[tuple[str, str]], part: str, marks: str, other_than: str | None = None
) -> str | None:
    counts = {mark: votes[part, mark] for mark in marks if mark != other_than}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


def _fits(body: str, decimal: str, thousands: str) -> bool:
    if "e" in body.lower():
        return (decimal, thousands) == (".", "")
    whole = r"\d+"
    if thousands:
        whole = rf"(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)"
    return re.fullmatch(rf"{whole}(?:{re.escape(decimal)}\d+)?", body) is not None


def _decimals(body: str, decimal: str) -> int:
    _, _, tail = body.partition(decimal)
    return len(tail.rstrip("0"))


def _signs(matches: Iterable[re.Match[str]]) -> tuple[str, ...]:
    found = {match[name] for match in matches for name in ("before", "after") if match[name]}
    return tuple(sorted(found))
