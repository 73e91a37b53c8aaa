"""Summaries made of sentences that were written: per conversation and per customer, each cited.

The sentence that says most of each text (ml.text_labels.summary) is a candidate; of the candidates
of a conversation or customer the weightiest are kept, none that says again what another says.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from crm_tasks.text.terms import terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What a sentence is told by: word, pairs and runs of characters, without parts of words.
SIGNS_AT_LEAST = 2


@dataclass(frozen=True)
class SummaryParams:
    """How long a summary is and what counts as said already.

    Parameters
    ----------
    sentences_of_conversation, sentences_of_customer : int
        At most so many.
    same_at_least : float
        Share of the shorter sentence's terms that stand in a kept one: then it says nothing new.
    """

    sentences_of_conversation: int = 3
    sentences_of_customer: int = 5
    same_at_least: float = 0.6


def summarise(said: pa.Table, params: SummaryParams) -> pa.Table:
    """Return the sentences of each conversation's and each customer's summary.

    Parameters
    ----------
    said : pyarrow.Table
        What customers wrote: ``text_id``, ``source_id`` (message or review), ``conversation_id``,
        ``customer_id``, ``said_at``, ``summary``, ``is_complaint``, ``is_open_issue``.

    Returns
    -------
    pyarrow.Table
        ``scope``, ``subject_id``, ``rank``, ``sentence``, ``customer_id``,
        ``source_id``, ``text_id``, ``said_at``.
    """
    rows = said.filter(pa.compute.is_valid(said["summary"])).to_pylist()
    found = [
        *_of(rows, "conversation", "conversation_id", params.sentences_of_conversation, params),
        *_of(rows, "customer", "customer_id", params.sentences_of_customer, params),
    ]
    names = (
        "scope",
        "subject_id",
        "rank",
        "sentence",
        "customer_id",
        "source_id",
        "text_id",
        "said_at",
    )
    types = [pa.string(), pa.string(), pa.int32(), *[pa.string()] * 4, pa.timestamp("us")]
    schema = pa.schema(list(zip(names, types, strict=True)))
    return pa.Table.from_pylist(found, schema=schema)


def _of(
    rows: Sequence[dict[str, Any]], scope: str, subject: str, most: int, params: SummaryParams
) -> Iterator[dict[str, Any]]:
    known = [row for row in rows if row[subject] is not None]
    known.sort(key=lambda row: (row[subject], row["text_id"]))
    for name, own in groupby(known, key=lambda row: row[subject]):
        for rank, row in enumerate(chosen(list(own), most, params.same_at_least), 1):
            yield {
                "scope": scope, "subject_id": name, "rank": rank, "sentence": row["summary"],
                "customer_id": row["customer_id"],
                "source_id": row["source_id"], "text_id": row["text_id"],
                "said_at": row["said_at"],
            }  # fmt: skip


def chosen(said: Sequence[dict[str, Any]], most: int, same_at_least: float) -> list[dict[str, Any]]:
    """Return the sentences kept, the weightiest first.

    What waits for an answer comes first, then complaints, then the latest.
    """
    ranked = sorted(said, key=lambda row: row["text_id"])
    ranked.sort(key=lambda row: row["said_at"], reverse=True)
    ranked.sort(key=lambda row: (not row["is_open_issue"], not row["is_complaint"]))
    kept: list[tuple[dict[str, Any], frozenset[str]]] = []
    for row in ranked:
        signs = _signs(row["summary"])
        if len(kept) < most and not any(_is_same(signs, old, same_at_least) for _, old in kept):
            kept.append((row, signs))
    return [row for row, _ in kept]


def _signs(sentence: str) -> frozenset[str]:
    """Return whole words and pairs of Chinese characters."""
    found = {t for t in terms(sentence) if t.startswith("w:") and " " not in t}
    han = {t for t in terms(sentence) if len(t) == SIGNS_AT_LEAST and t > "\u3400"}
    return frozenset(found | han)


def _is_same(one: frozenset[str], other: frozenset[str], share: float) -> bool:
    shorter = min(len(one), len(other))
    return not shorter or len(one & other) >= share * shorter
