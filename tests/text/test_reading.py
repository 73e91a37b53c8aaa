"""Each text is read once: kept while it and the rules stay, read anew when somebody new is in it."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.text import MASKED_TEXTS
from crm_tasks.text.known_values import KnownValues
from crm_tasks.text.reading import dated, kept_texts, read_texts

AT = dt.datetime(2024, 5, 1, 10)  # noqa: DTZ001 (UTC without a zone, as the tables have it)
NOBODY = KnownValues.of([])


def listed(*tokens):
    return pa.table(
        {
            "text_id": [f"messages:s:{n}" for n in range(len(tokens))],
            "source_entity": ["messages"] * len(tokens),
            "customer_id": [f"c{n}" for n in range(len(tokens))],
            "is_from_customer": [True] * len(tokens),
            "text_token": list(tokens),
            "written_at": pa.array([AT] * len(tokens), pa.timestamp("us")),
        }
    )


@pytest.fixture
def read():
    texts = ["Ann Lee here, 13812345678", "我叫王伟", "x" * 30_000]
    clear = pa.chunked_array([texts])
    rows = read_texts(listed("a", "b", "c"), clear, NOBODY, {"c0": ["Ann Lee"]}, ("US",))
    return dated([rows], dt.date(2024, 6, 1))


def test_rows_fit_the_contract_and_hold_no_number(read):
    rows = check_rows(MASKED_TEXTS, read).to_pylist()
    assert [row["masked_text"] for row in rows[:2]] == ["[name] [name] here, [phone]", "我叫王伟"]
    assert [row["n_masked"] for row in rows] == [3, 0, 0]
    assert [row["is_cut"] for row in rows] == [False, False, True]
    assert [row["language_code"] for row in rows[:2]] == ["und", "zh"]


def test_texts_that_stand_are_not_read_again(read):
    kept = kept_texts(listed("a", "b", "other"), read, NOBODY)
    assert kept.rows["text_id"].to_pylist() == ["messages:s:0", "messages:s:1"]
    assert kept.to_read["text_id"].to_pylist() == ["messages:s:2"]
    assert kept_texts(listed("a"), None, NOBODY).to_read.num_rows == 1


def test_a_name_that_has_become_known_is_masked_then(read):
    kept = kept_texts(listed("a", "b", "c"), read, KnownValues.of([("name", "王伟")]))
    assert kept.to_read["text_id"].to_pylist() == ["messages:s:1"]


def test_who_wrote_a_text_is_as_identity_says_now(read):
    moved = listed("a").set_column(2, "customer_id", pa.array(["other"]))
    assert kept_texts(moved, read, NOBODY).rows["customer_id"].to_pylist() == ["other"]


def test_a_text_that_the_vault_lost_is_left_out():
    clear = pa.chunked_array([[None, "hello there"]])
    rows = read_texts(listed("a", "b"), clear, NOBODY, {}, ("US",))
    assert rows["text_id"].to_pylist() == ["messages:s:1"]
