"""Whose texts a language model may see: by a consent to just that which stands as of the date."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pyarrow as pa
import pytest

from crm_tasks.connectors.language_model import Chat, ChatServer
from crm_tasks.profiles import LanguageModel
from crm_tasks.steps.text_asking import CONSENTING
from crm_tasks.text.asking import Question, ask_about
from crm_tasks.text.taxonomy import SHOP
from tests.connectors.chats import chat_server

MOMENT = dt.datetime(2024, 6, 1)  # noqa: DTZ001 (UTC without a zone, as the tables have it)


def consent(record, status, at, purpose="text_analysis", **told):
    return {
        "source_system": "s", "batch_id": "b", "record_no": told.get("no", 1),
        "landing_sequence": told.get("landed", 1), "known_at": told.get("known", at),
        "reject_reason": told.get("reject"),
        "consent_source_id": told.get("id", f"{record}{at}{status}"),
        "customer_source_id": record, "purpose": purpose, "status": status, "occurred_at": at,
    }  # fmt: skip


def consenting(rows):
    records = [{"source_system": "s", "source_record_id": r, "customer_id": r[0].upper()}
               for r in sorted({row["customer_source_id"] for row in rows})]  # fmt: skip
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist(rows))
        connection.register("records", pa.Table.from_pylist(records))
        connection.execute(
            "create table staged as select * replace (cast(occurred_at as timestamp) "
            "as occurred_at, cast(known_at as timestamp) as known_at) from given"
        )
        found = connection.execute(CONSENTING, {"moment": MOMENT, "purpose": "text_analysis"})
        return [row[0] for row in found.fetchall()]


YES = consent("a1", "granted", "2024-01-01")


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        ([YES], True),
        ([consent("a1", "granted", "2024-01-01", "Text_Analysis")], True),
        ([consent("a1", "granted", "2024-01-01", "marketing")], False),
        ([consent("a1", "granted", "2024-01-01", None)], False),
        ([YES, consent("a1", "withdrawn", "2024-02-01")], False),
        ([YES, consent("a1", "withdrawn", "2024-02-01", None)], False),
        ([YES, consent("a1", "withdrawn", "2024-02-01", "marketing")], True),
        ([YES, consent("a1", "withdrawn", "2024-02-01"),
          consent("a1", "granted", "2024-03-01")], True),
        ([YES, consent("a1", "denied", "2024-01-01")], False),
        ([YES, consent("a1", "denied", None)], False),
        ([YES, consent("a2", "denied", "2023-01-01")], False),
        ([YES, consent("a1", "withdrawn", "2024-07-01")], True),
        ([consent("a1", "granted", "2024-07-01")], False),
        ([consent("a1", "granted", "2024-01-01", known="2024-07-01")], False),
        ([consent("a1", "granted", "2024-01-01", id="x"),
          consent("a1", "granted", "2024-01-01", id="x", landed=2, reject="DELETED")], False),
        ([consent("a1", "granted", "2024-01-01", reject="E_TYPE_status")], False),
    ],
)  # fmt: skip
def test_consent_stands_by_the_last_word_of_every_record(rows, stands):
    assert consenting([*rows, consent("z9", "denied", "2024-01-01")]) == (["A"] if stands else [])


def test_what_leaves_is_the_masked_text_of_those_who_agreed():
    told = LanguageModel.model_validate({"url": "https://example.org/v1", "model": "small"})
    rows = [
        {
            "text_id": f"t{at}",
            "customer_id": f"c{at}",
            "text_token": "k",
            "masked_text": f"{at} [name]",
        }
        for at in range(3)
    ]
    with chat_server(["refund"]) as (url, asked), Chat(ChatServer(url, "small")) as chat:
        answers = ask_about(rows, {"c0", "c2"}, None, Question.of(SHOP, told), chat)
    assert [json.loads(one["messages"][1]["content"]) for one in asked] == [
        {"message": "0 [name]"}, {"message": "2 [name]"},
    ]  # fmt: skip
    assert all("order_status" in one["messages"][0]["content"] for one in asked)
    assert answers["outcome"].to_pylist() == ["answered", "no_consent", "answered"]
