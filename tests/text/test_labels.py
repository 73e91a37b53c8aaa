"""What is said of each text: intents of customers' messages only, and whom to ask next."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ml_text import TEXT_LABEL_QUEUE, TEXT_LABELS
from crm_tasks.text.labels import label_queue, label_texts
from crm_tasks.text.reading import dated
from crm_tasks.text.starter import starter_model
from crm_tasks.text.taxonomy import SHOP, is_urgent, topic_of

TEXTS = [
    ("messages", True, "en", "The lamp I received is broken, please answer immediately."),
    ("messages", True, "zh", "请问我的订单[phone]现在到哪里了？"),
    ("messages", False, "en", "Thank you for your message, we are looking into it."),
    ("reviews", True, "zh", "质量很好，非常满意"),
    ("messages", True, "other", "Où est ma commande ?"),
    ("messages", True, "und", "👍"),
    ("messages", True, "en", "Well then."),
]


@pytest.fixture(scope="module")
def labels():
    texts = pa.table(
        {
            "text_id": [f"{entity}:s:{n}" for n, (entity, *_) in enumerate(TEXTS)],
            "source_entity": [one[0] for one in TEXTS],
            "customer_id": ["c"] * len(TEXTS),
            "is_from_customer": [one[1] for one in TEXTS],
            "language_code": [one[2] for one in TEXTS],
            "masked_text": [one[3] for one in TEXTS],
        }
    )
    rows = dated([_with_date(label_texts(texts, starter_model()))], dt.date(2024, 6, 1))
    return check_rows(TEXT_LABELS, rows)


def _with_date(rows):
    return rows if "as_of_date" in rows.column_names else rows.append_column(
        "as_of_date", pa.nulls(rows.num_rows, pa.date32()))  # fmt: skip


def by_id(labels):
    return {row["text_id"]: row for row in labels.to_pylist()}


def test_messages_of_customers_get_an_intent_and_what_follows_from_it(labels):
    defect = by_id(labels)["messages:s:0"]
    assert (defect["label"], defect["need"], defect["topic"]) == (
        "defect",
        "product_quality",
        "quality",
    )
    assert defect["is_urgent"]
    assert defect["is_complaint"]
    assert defect["answer_within_hours"] == SHOP.facts_of("defect").answer_within_hours // 3
    assert by_id(labels)["messages:s:1"]["label"] == "order_status"


def test_answers_of_the_company_and_reviews_have_no_intent(labels):
    for text in ("messages:s:2", "reviews:s:3"):
        row = by_id(labels)[text]
        assert row["label"] is row["best_label"] is row["is_complaint"] is None
    assert by_id(labels)["reviews:s:3"]["sentiment"] > 0.5
    assert by_id(labels)["reviews:s:3"]["topic"] == "quality"


def test_other_languages_are_not_guessed_at(labels):
    assert {"messages:s:4", "messages:s:5"}.isdisjoint(by_id(labels))


def test_what_tells_nothing_is_left_open_and_asked_for_first(labels):
    row = by_id(labels)["messages:s:6"]
    assert row["label"] is None
    assert row["best_label"] is not None
    queue = check_rows(TEXT_LABEL_QUEUE, label_queue(labels)).to_pylist()
    first = min(queue, key=lambda one: one["priority"])
    assert first["text_id"] == "messages:s:6"
    lead = [one["probability"] - one["second_probability"] for one in
            sorted(queue, key=lambda one: one["priority"])]  # fmt: skip
    assert lead == sorted(lead)


def test_twins_are_asked_for_once(labels):
    twice = labels.append_column("n", pa.array(range(labels.num_rows))).drop_columns(["n"])
    twin = twice.set_column(0, "text_id", pa.array([f"t{n}" for n in range(labels.num_rows)]))
    doubled = pa.concat_tables([labels, twin.cast(labels.schema)])
    assert label_queue(doubled).num_rows == label_queue(labels).num_rows


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("快递太慢", "delivery"),
        ("too expensive", "price"),
        ("客服态度很好", "service"),
        ("嗯", None),
    ],
)
def test_words_tell_the_topic(text, topic):
    assert topic_of(text) == topic
    assert not is_urgent(text)
