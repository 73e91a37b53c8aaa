"""The text step: which texts there are as of a date, and which labels stand."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from crm_tasks.contracts.ml_text import TEXT_LABELS
from crm_tasks.steps.text import kept_labels
from crm_tasks.steps.text_inputs import CURRENT, TOLD

MESSAGES = next(told for told in TOLD if told.entity == "messages")
MOMENT = dt.datetime(2024, 6, 1)  # noqa: DTZ001 (UTC without a zone, as the tables have it)


def message(key, token, **told):
    at = told.get("at", "2024-05-01")
    landed = told.get("landed", 1)
    return {
        "source_system": "s", "message_source_id": key, "customer_source_id": "a",
        "text_token": token, "sent_at": at, "known_at": told.get("known", at),
        "landing_sequence": landed, "record_no": 1, "batch_id": f"b{landed}",
        "reject_reason": told.get("reject"),
        "direction": told.get("direction", "in"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def current():
    rows = [
        message("m1", "old", landed=1),
        message("m1", "new", landed=2),
        message("m2", "later", at="2024-06-01"),
        message("m3", "known later", known="2024-06-02"),
        message("m4", "deleted", landed=1),
        message("m4", None, landed=2, reject="DELETED"),
        message("m5", "refused", reject="E_TYPE_sent_at"),
        message("m6", None),
        message("m7", "answer", direction="out"),
        message("m8", "no direction", direction=None),
    ]
    with duckdb.connect() as connection:
        connection.register("rows", pa.Table.from_pylist(rows))
        connection.execute(
            "create table staged as select * replace (cast(sent_at as timestamp) as sent_at, "
            "cast(known_at as timestamp) as known_at) from rows"
        )
        connection.execute(
            "create table records as select 's' as source_system, 'a' as source_record_id, "
            "'A' as customer_id"
        )
        sql = CURRENT.format(**vars(MESSAGES))
        found = connection.execute(sql, {"moment": MOMENT})
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_the_version_known_last_is_read_and_nothing_later(current):
    assert {row["text_id"]: row["text_token"] for row in current} == {
        "messages:s:m1": "new", "messages:s:m7": "answer", "messages:s:m8": "no direction",
    }  # fmt: skip
    assert {row["customer_id"] for row in current} == {"A"}


def test_what_the_company_wrote_is_told_apart(current):
    assert {row["text_id"]: row["is_from_customer"] for row in current} == {
        "messages:s:m1": True, "messages:s:m7": False, "messages:s:m8": True,
    }  # fmt: skip


def test_labels_stand_for_texts_that_stand_and_the_model_in_force():
    def row(text, version):
        given = dict.fromkeys(TEXT_LABELS.column_names)
        return given | {"text_id": text, "model_version": version, "customer_id": "before"}

    schema = pa.schema([f.with_nullable(True) for f in TEXT_LABELS.arrow_schema])
    previous = pa.Table.from_pylist([row("a", "1"), row("b", "2"), row("c", "1")], schema=schema)
    texts = pa.table(
        {"text_id": ["a", "b"], "customer_id": ["now", "now"], "language_code": ["en", "zh"]}
    )
    kept = kept_labels(texts, previous, "1").to_pylist()
    assert [(one["text_id"], one["customer_id"]) for one in kept] == [("a", "now")]
    assert kept_labels(texts, None, "1").num_rows == 0
