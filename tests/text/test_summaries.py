"""Summaries: sentences that were written, cited, none said twice, what waits first."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from crm_tasks.text.summaries import SummaryParams, chosen, summarise

AT = dt.datetime(2024, 5, 1)  # noqa: DTZ001 (UTC without a zone, as the tables have it)
SAID = (
    ("m1", "c1", "A", "The lamp is broken.", True, False),
    ("m2", "c1", "A", "My lamp is broken, the lamp!", True, True),
    ("m3", "c1", "A", "Where is my refund?", False, False),
    ("m4", "c1", "A", "Thanks for the quick help.", False, False),
    ("m5", "c1", "A", "Can I also change the address?", False, True),
    ("m6", None, "A", "订单还没有送到", True, False),
    ("m7", "c2", "B", "质量很差", False, False),
)


def said():
    names = (
        "source_id",
        "conversation_id",
        "customer_id",
        "summary",
        "is_complaint",
        "is_open_issue",
    )
    rows = [dict(zip(names, one, strict=True)) for one in SAID]
    for day, row in enumerate(rows):
        row |= {"text_id": f"messages:s:{row['source_id']}", "said_at": AT + dt.timedelta(days=day)}
    return pa.Table.from_pylist(rows)


def test_what_waits_comes_first_and_nothing_is_said_twice():
    rows = summarise(said(), SummaryParams()).to_pylist()
    own = [
        row["sentence"]
        for row in rows
        if row["scope"] == "conversation" and row["subject_id"] == "c1"
    ]
    assert own == [
        "My lamp is broken, the lamp!", "Can I also change the address?", "Thanks for the quick help.",
    ]  # fmt: skip


def test_every_sentence_is_the_one_of_the_message_it_cites():
    written = {one[0]: one[3] for one in SAID}
    rows = summarise(said(), SummaryParams()).to_pylist()
    assert len(rows) > 8
    assert all(row["sentence"] == written[row["source_id"]] for row in rows)


def test_a_customer_is_summed_up_over_all_conversations():
    rows = summarise(said(), SummaryParams(sentences_of_customer=10)).to_pylist()
    own = [
        row["source_id"] for row in rows if row["scope"] == "customer" and row["subject_id"] == "A"
    ]
    assert set(own) == {"m2", "m3", "m4", "m5", "m6"}
    ranks = [row["rank"] for row in rows if row["scope"] == "customer" and row["subject_id"] == "A"]
    assert ranks == list(range(1, len(own) + 1))


def test_the_order_of_rows_does_not_matter():
    table = said()
    turned = table.take(list(reversed(range(table.num_rows))))
    assert summarise(turned, SummaryParams()).equals(summarise(table, SummaryParams()))


def test_a_text_without_words_says_nothing_new():
    row = {"text_id": "t", "said_at": AT, "is_open_issue": False, "is_complaint": False}
    kept = chosen([{**row, "summary": "!!!"}, {**row, "summary": "???", "text_id": "u"}], 3, 0.6)
    assert len(kept) == 1
