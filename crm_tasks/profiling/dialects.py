"""How delimited text is written: delimiter, quote, escape, and whether a header stands on top."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.contracts.encodings import DOUBLE_BYTE
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.encodings import Encoding
from crm_tasks.landing.records import Dialect, first_record, scan_records
from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.profiling.decisions import Remark

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "^": "caret", "~": "tilde"}
QUOTES = ('"', "'", "")
#: Fewer records than that in a thousand fit: the dialect is another.
FITS_AT_LEAST = 0.9
REALIGN_BELOW = 0.98
#: The first record ends within that, or the dialect is another.
HEAD_BYTES = 1 << 18


@dataclass(frozen=True)
class _Try:
    """A dialect, how many fields its first record has and what share of the records have them."""

    dialect: Dialect
    n_fields: int
    fit: float
    n_records: int

    @property
    def rank(self) -> tuple[float, int, bool]:
        return (round(self.fit, 2), self.n_fields, self.dialect.quote == '"')


@dataclass(frozen=True)
class Delimited:
    """A sample of delimited text, understood.

    ``text`` is the sample as UTF-8, from the first record on, whole records only.
    """

    delimiter: Decision[str]
    quote: Decision[str]
    escape: str
    text: bytes


def propose_dialect(parts: Sequence[bytes], encoding: str) -> Delimited:
    """Return how the sample is written: the dialect in which most records have equally many fields.

    Parameters
    ----------
    parts : sequence of bytes
        Whole lines, the first part from the beginning of the file.
    encoding : str
        Of the parts; a mark that may be half of one of its characters is not tried.
    """
    texts = [part.decode(encoding, "replace").encode() for part in parts]
    tries = [_tried(texts[0], dialect) for dialect in _dialects(texts[0], encoding)]
    many = [one for one in tries if one.n_fields > 1 and one.fit >= FITS_AT_LEAST]
    if not many:
        return _single_column(texts, tries)
    best, *others = sorted(many, key=lambda one: one.rank, reverse=True)
    rival = next((o for o in others if o.dialect.delimiter != best.dialect.delimiter), None)
    said = _agreement("fields_agree", best)
    if rival is not None:
        said += _agreement("rival", rival)
    confidence = min(0.99, best.fit) - (0.3 if rival and rival.fit >= best.fit else 0.0)
    delimiter = Decision(best.dialect.delimiter, confidence, said)
    aligned = [texts[0], *(_aligned(text, best) for text in texts[1:])]
    return Delimited(delimiter, _quote(best, texts), best.dialect.escape, b"".join(aligned))


def fields_of(text: bytes, dialect: Dialect) -> list[str]:
    """Return the fields of the first record, as many as there are."""
    line = first_record(text[:HEAD_BYTES], dialect) or text[:HEAD_BYTES]
    reader = csv.reader(
        [line.decode(errors="replace").rstrip("\r\n")],
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
    )
    try:
        return next(reader, [])
    except csv.Error:
        return []


def _dialects(text: bytes, encoding: str) -> Iterator[Dialect]:
    delimiters = [mark for mark in DELIMITERS if mark.encode() in text]
    if encoding in DOUBLE_BYTE:
        delimiters = [mark for mark in delimiters if not "@" <= mark <= "~"]
    quotes = [mark for mark in QUOTES if not mark or mark.encode() in text]
    escapes = ["", "\\"] if b'\\"' in text and encoding not in DOUBLE_BYTE else [""]
    for delimiter, quote, escape in itertools.product(delimiters, quotes, escapes):
        if quote or not escape:
            yield Dialect(delimiter, quote, escape, Encoding())


def _tried(text: bytes, dialect: Dialect) -> _Try:
    n_fields = len(fields_of(text, dialect))
    n_good, n_records = _scanned(text, dialect, n_fields)
    return _Try(dialect, n_fields, n_good / n_records if n_records else 0.0, n_records)


def _scanned(text: bytes, dialect: Dialect, n_fields: int) -> tuple[int, int]:
    """Return how many records have so many fields, and how many there are that are not blank."""
    try:
        blocks = list(scan_records(io.BytesIO(text), dialect, n_fields))
    except LandingRefused:
        return 0, 1
    n_good = sum(len(block.offsets) for block in blocks)
    return n_good, n_good + sum(len(block.refused) for block in blocks)


def _aligned(text: bytes, found: _Try) -> bytes:
    """Return a later part from a record on, even if it begins inside quotes."""
    n_good, n_records = _scanned(text, found.dialect, found.n_fields)
    if n_good >= REALIGN_BELOW * max(n_records, 1) or not found.dialect.quote:
        return text
    shifted = found.dialect.quote.encode() + text
    n_better, n_all = _scanned(shifted, found.dialect, found.n_fields)
    if n_better / max(n_all, 1) <= n_good / max(n_records, 1):
        return text
    cut = first_record(shifted[:HEAD_BYTES], found.dialect)
    return shifted[len(cut) :] if cut else b""


def _agreement(key: str, one: _Try) -> Remark:
    name = DELIMITERS[one.dialect.delimiter]
    return remark(key, name=name, share=one.fit, n=one.n_records, fields=one.n_fields)


def _quote(best: _Try, texts: Sequence[bytes]) -> Decision[str]:
    quote = best.dialect.quote
    if quote:
        return Decision(quote, 0.95, remark("quotes_open"))
    if any(b'"' in text for text in texts):
        return Decision("", 0.8, remark("quotes_inside"))
    return Decision('"', 0.8, remark("no_quotes"))


def _single_column(texts: Sequence[bytes], tries: Sequence[_Try]) -> Delimited:
    lines = texts[0][:HEAD_BYTES].splitlines()
    counts = [sum(one.dialect.delimiter.encode() in line for line in lines) for one in tries]
    is_one = max(counts, default=0) < len(lines) / 2
    said = remark("one_column") if is_one else remark("ragged")
    quote = Decision('"', 0.5, remark("no_quotes"))
    return Delimited(Decision(",", 0.6 if is_one else 0.1, said), quote, "", b"".join(texts))
