"""Personal data that show by their pattern: phone, e-mail, identity card, bank card.

The recognisers are presidio-analyzer's, called one by one without any language model. Its
recogniser of e-mail addresses is not among them: it would download a list of domains. Where a
pattern of its own ends at word boundaries, Chinese characters count as blanks, since they touch
numbers without one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from crm_tasks.profiling.checksums import is_bank_card, is_resident_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SCORE_AT_LEAST = 0.4
#: Kinds by rank: where two overlap, the one named first holds.
KINDS = ("email", "id_card", "bank_card", "phone")
#: Nothing else in a text can be personal by its pattern.
IS_WORTH_ASKING = re.compile(r"@|\d(?:[\s().\-/+]{0,3}[\dXx]){6}|[A-Z]{2}\d{2}[ \d]")
EMAIL = r"(?<![a-z0-9_.+%-])[a-z0-9_.+%'-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?![a-z0-9])"  # noqa: E501
RESIDENT_ID = r"(?<![\dA-Za-z])[1-9]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx](?![\dA-Za-z])"
UNION_PAY = r"(?<![\d-])62\d{2}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?(?![\d-])"
CHINESE_MOBILE = r"(?<![\d.-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\d-])"
CHINESE_LANDLINE = r"(?<![\d-])0\d{2,3}[ -]\d{7,8}(?![\d-])"
SEPARATORS = re.compile(r"[ -]")
WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff5f-\uffee]")
#: Full-width digits and signs, one for one: places in the text stay the same.
NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
#: What other things are called whose numbers may be long.
NO_PHONE_AFTER = re.compile(
    r"(?:order|invoice|ticket|tracking|parcel|reference|ref|case|item|sku|订单号?|单号"
    r"|运单号?|快递单号?|发票号?|工单号?|编号)\s*(?:no\.?|number|nr\.?|id|#|号|是|为)*\s*[:：#]?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Span:
    """Where something personal stands: ``text[start:end]``, and of which kind."""

    start: int
    end: int
    kind: str


def pattern_spans(text: str, regions: Sequence[str] = ("US",)) -> list[Span]:
    """Return where phone numbers, e-mail addresses and numbers of cards stand in a text.

    Parameters
    ----------
    text : str
        Any text.
    regions : sequence of str
        Countries (ISO 3166) that numbers without country code are read for; China is one always.

    Examples
    --------
    >>> [s.kind for s in pattern_spans("写信到a.b@example.org或打13800138000，订单100234")]
    ['email', 'phone']
    """
    if not IS_WORTH_ASKING.search(text):
        return []
    narrow = text.translate(NARROW)
    spaced = WIDE.sub(" ", narrow)
    found = [
        Span(result.start, result.end, kind)
        for kind, recogniser, is_spaced in _recognisers(tuple(regions))
        for result in recogniser.analyze(
            spaced if is_spaced else narrow, recogniser.supported_entities
        )
        if result.score >= SCORE_AT_LEAST
    ]
    kept = [_without_bracket(narrow, span) for span in found]
    return without_overlaps([s for s in kept if s.kind != "phone" or not _is_no_phone(narrow, s)])


def without_overlaps(spans: Iterable[Span], ranks: Sequence[str] = KINDS) -> list[Span]:
    """Return spans in order of their place; of two that overlap, the kind named first, or longer.

    >>> without_overlaps([Span(0, 9, "phone"), Span(2, 20, "id_card")])
    [Span(start=2, end=20, kind='id_card')]
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (ranks.index(s.kind), s.start - s.end, s.start)):
        if all(span.end <= one.start or span.start >= one.end for one in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _without_bracket(text: str, span: Span) -> Span:
    """Return a span without a bracket that opens before it and does not close in it."""
    said = text[span.start : span.end]
    is_open = said.startswith("(") and ")" not in said
    return Span(span.start + 1, span.end, span.kind) if is_open else span


def _is_no_phone(text: str, span: Span) -> bool:
    """Return whether what stands before says that the number is one of an order or a parcel."""
    before = text[max(0, span.start - 30) : span.start]
    return text[span.start] != "+" and NO_PHONE_AFTER.search(before) is not None


@cache
def _recognisers(regions: tuple[str, ...]) -> tuple[tuple[str, Any, bool], ...]:
    """Return kind, recogniser and whether it needs blanks in place of Chinese characters."""
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        IbanRecognizer,
        PhoneRecognizer,
        UsSsnRecognizer,
    )

    phones = tuple(dict.fromkeys(("CN", *regions)))
    return (
        ("email", _pattern("email", EMAIL), False),
        ("id_card", _pattern("id_card", RESIDENT_ID, is_resident_id), False),
        ("id_card", UsSsnRecognizer(), True),
        ("bank_card", _pattern("bank_card", UNION_PAY, is_bank_card), False),
        ("bank_card", CreditCardRecognizer(), True),
        ("bank_card", IbanRecognizer(), True),
        ("phone", _pattern("phone", CHINESE_MOBILE), False),
        ("phone", _pattern("phone", CHINESE_LANDLINE), False),
        ("phone", PhoneRecognizer(supported_regions=phones), True),
    )


def _pattern(kind: str, regex: str, is_right: Callable[[str], bool] | None = None) -> Any:
    """Return a recogniser of one pattern; with a check digit, only what passes it."""
    from presidio_analyzer import Pattern, PatternRecognizer

    class Checked(PatternRecognizer):  # type: ignore[misc, unused-ignore]
        def validate_result(self, pattern_text: str) -> bool | None:
            return None if is_right is None else is_right(SEPARATORS.sub("", pattern_text))

    return Checked(supported_entity=kind, patterns=[Pattern(kind, regex, 0.6)])
