"""Masking: personal data in a text give way to their kind, before the text is kept anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.text.patterns import KINDS, Span, pattern_spans, without_overlaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_tasks.text.known_values import KnownValues

#: The order in which kinds hold where they overlap: an address may hold a name.
RANKS = (*KINDS, "address", "name")
#: Version of cleaning and masking: texts masked by an earlier one are masked anew.
MASKING_VERSION = "1"


def personal_spans(
    text: str, known: KnownValues, own: Iterable[str] = (), regions: Sequence[str] = ("US",)
) -> list[Span]:
    """Return where personal data stand in a text, in order, none overlapping.

    Parameters
    ----------
    known : KnownValues
        Names and addresses the vault holds.
    own : iterable of str
        Names of the writer.
    regions : sequence of str
        Countries phone numbers without country code are read for.
    """
    spans = [*pattern_spans(text, regions), *known.spans(text, own)]
    return without_overlaps(spans, RANKS)


def masked(text: str, spans: Iterable[Span]) -> str:
    """Return a text with its personal data replaced by their kind in brackets.

    >>> masked("Call 13800138000, Ann", [Span(5, 16, "phone"), Span(18, 21, "name")])
    'Call [phone], [name]'
    """
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], f"[{span.kind}]"]
        at = span.end
    return "".join([*parts, text[at:]])
