"""What each text wants, how it sounds, which sentence says it; whose label would help most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts.ml_text import TEXT_LABEL_QUEUE, TEXT_LABELS
from crm_tasks.text.cleaning import sentences
from crm_tasks.text.model import INTENT, SENTIMENT
from crm_tasks.text.taxonomy import SHOP, Taxonomy, is_urgent, topic_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crm_tasks.text.model import Floats, Head, TextModel

READ_LANGUAGES = ("zh", "en")
MESSAGES = "messages"
KNOWN = ("text_id", "source_entity", "customer_id", "is_from_customer")
QUEUE_AT_MOST = 200
#: Memory is bounded by what is labelled at once.
TEXTS_AT_ONCE = 10_000
DECIMALS = 6
UNLABELLED = {
    "label": None, "best_label": None, "probability": None, "second_label": None,
    "second_probability": None, "need": None, "is_complaint": None, "needs_answer": None,
    "answer_within_hours": None,
}  # fmt: skip


def label_texts(texts: pa.Table, model: TextModel, taxonomy: Taxonomy = SHOP) -> pa.Table:
    """Return the labels of masked texts in a language that is read, without the date.

    Parameters
    ----------
    texts : pyarrow.Table
        Rows of text.masked_texts.
    taxonomy : Taxonomy
        What follows from an intent.
    """
    is_read = pc.is_in(texts["language_code"], value_set=pa.array(READ_LANGUAGES))
    read = texts.filter(is_read)
    parts = [
        _label_part(read.slice(at, TEXTS_AT_ONCE), model, taxonomy)
        for at in range(0, read.num_rows, TEXTS_AT_ONCE)
    ]
    return pa.concat_tables(parts or [_open(TEXT_LABELS.arrow_schema).empty_table()])


def version_of(model: TextModel, taxonomy: Taxonomy) -> str:
    """Return what labels are told apart by: the model, and intents a profile declares."""
    return "+".join(filter(None, (model.version, taxonomy.digest)))


def _label_part(read: pa.Table, model: TextModel, taxonomy: Taxonomy) -> pa.Table:
    written = read["masked_text"].to_pylist()
    told = model.probabilities(written)
    sentiment = _sentiment(told[SENTIMENT], model.heads[SENTIMENT])
    intents = list(_intents(told[INTENT], model.heads[INTENT]))
    summaries = best_sentences(written, model)
    known = read.select([*KNOWN, "masked_text"]).to_pylist()
    version = version_of(model, taxonomy)
    rows = [
        {
            **_row(row, {"intent": intent, "sentiment": mood, "summary": summary}, taxonomy),
            "model_version": version,
        }
        for row, intent, mood, summary in zip(known, intents, sentiment, summaries, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=_open(TEXT_LABELS.arrow_schema))


def label_queue(labels: pa.Table) -> pa.Table:
    """Return the messages whose label would teach most: the smallest lead of the best intent.

    Of equal texts' twins (same two intents at the same probabilities) one is asked for.
    """
    asked = labels.filter(pc.is_valid(labels["best_label"]))
    columns = [n for n in TEXT_LABEL_QUEUE.column_names if n != "priority"]
    lead = pc.subtract(asked["probability"], asked["second_probability"])
    ordered = asked.select(columns).append_column("lead", lead)
    ordered = ordered.sort_by([("lead", "ascending"), ("text_id", "ascending")])
    seen: set[tuple[Any, ...]] = set()
    rows: list[dict[str, Any]] = []
    for row in _rows(ordered):
        twin = (row["best_label"], row["probability"], row["second_probability"])
        if twin not in seen:
            seen.add(twin)
            rows.append(row | {"priority": len(rows) + 1})
        if len(rows) == QUEUE_AT_MOST:
            break
    names = TEXT_LABEL_QUEUE.column_names
    kept = [{name: row[name] for name in names} for row in rows]
    return pa.Table.from_pylist(kept, schema=_open(TEXT_LABEL_QUEUE.arrow_schema))


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=TEXTS_AT_ONCE):
        yield from batch.to_pylist()


def best_sentences(texts: Sequence[str], model: TextModel) -> list[str]:
    """Return the sentence of each text that says most: greetings and thanks say little.

    A sentence says as much as the decision for its best intent lies above that for the second,
    times the share of the text's own intent; each stands in its text as it is.
    """
    parts = [sentences(text) or [text] for text in texts]
    several = [at for at, own in enumerate(parts) if len(own) > 1]
    flat = [sentence for at in several for sentence in parts[at]]
    chosen = [own[0] for own in parts]
    if not flat:
        return chosen
    head = model.heads[INTENT]
    whole = head.probabilities(model.matrix([texts[at] for at in several]))
    decisions = head.decide(model.matrix(flat))
    start = 0
    for place, at in enumerate(several):
        own = decisions[start : start + len(parts[at])]
        start += len(parts[at])
        chosen[at] = parts[at][int((own @ whole[place]).argmax())]
    return chosen


def _sentiment(probabilities: Floats, head: Head) -> list[float]:
    names = head.classes.tolist()
    columns = [probabilities[:, names.index(n)] if n in names else 0.0 for n in
               ("positive", "negative")]  # fmt: skip
    told = np.round(np.zeros(len(probabilities)) + columns[0] - columns[1], DECIMALS)
    return [float(value) for value in told]


def _intents(probabilities: Floats, head: Head) -> Iterator[Mapping[str, Any]]:
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    names = head.classes.tolist()
    for row, (first, second) in zip(probabilities.tolist(), order.tolist(), strict=True):
        is_sure = row[first] >= head.abstain_below
        yield {
            "label": names[first] if is_sure else None,
            "best_label": names[first], "probability": row[first],
            "second_label": names[second], "second_probability": row[second],
        }  # fmt: skip


def _row(text: Mapping[str, Any], told: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    words = text["masked_text"]
    urgent = is_urgent(words)
    row: dict[str, Any] = {**UNLABELLED, "topic": topic_of(words)}
    if text["source_entity"] == MESSAGES and text["is_from_customer"]:
        row |= told["intent"]
        if row["label"] is not None:
            row |= taxonomy.consequences(row["label"], is_urgent=urgent)
    return row | {
        "text_id": text["text_id"], "customer_id": text["customer_id"], "is_urgent": urgent,
        "sentiment": told["sentiment"], "summary": told["summary"],
    }  # fmt: skip


def _open(schema: pa.Schema) -> pa.Schema:
    return pa.schema([one.with_nullable(True) for one in schema])
