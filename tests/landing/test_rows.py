"""What the lake may carry of a source row, and what only the vault may hold."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.landing.records import RefusedRecord
from crm_tasks.landing.rows import BatchOrigin, Chunk, lake_rows, refused_rows, vault_rows
from crm_tasks.privacy.tokens import tokenise
from crm_tasks.profiles import SourceTable
from tests.landing.builders import source_table

KEY = b"k" * 32
ORIGIN = BatchOrigin("batch-1", "file-1", dt.datetime.fromisoformat("2024-07-01 03:00"))
MAIL = {"identifying": "email"}
TABLE = SourceTable.model_validate(
    source_table(
        {"customers": {"map": {"customer_source_id": "no"}}},
        columns={"no": "plain", "mail": MAIL, "age": "plain", "alias": MAIL},
        null_tokens=["", "n/a"],
    )
)


def chunk(**columns):
    """Return a chunk of text; what is not given is empty."""
    n = len(next(iter(columns.values())))
    rows = {
        **dict.fromkeys(("no", "mail", "age", "alias"), [""] * n),
        **columns,
        "record_no": list(range(1, n + 1)),
        "byte_offset": [10 * i for i in range(n)],
    }
    return Chunk(pa.table(rows))


def test_identifying_columns_leave_only_token_and_status_in_their_place():
    rows = lake_rows(chunk(no=["1"], mail=["Ann@Example.org"]), TABLE, ORIGIN, KEY)
    assert rows.column_names == [
        "no", "mail_token", "mail_status", "age", "alias_token", "alias_status",
        "source_file_sha256", "byte_offset", "record_no", "extracted_at", "batch_id",
    ]  # fmt: skip
    (row,) = rows.to_pylist()
    assert "Ann" not in str(row)
    assert (row["mail_status"], row["alias_status"]) == ("valid", "empty")
    assert row["alias_token"] is None


def test_equal_persons_give_equal_tokens_across_columns_and_spellings():
    given = chunk(
        no=["1", "2"], mail=["Ann@Example.org", "bob@x.org"], alias=["", " ann@EXAMPLE.org"]
    )
    first, second = lake_rows(given, TABLE, ORIGIN, KEY).to_pylist()
    assert first["mail_token"] == second["alias_token"]
    assert first["mail_token"] != second["mail_token"]


def test_a_null_token_of_the_source_is_an_empty_value_not_a_person():
    given = chunk(no=["1", "2", "3"], mail=["n/a", "", "N/A"])
    rows = lake_rows(given, TABLE, ORIGIN, KEY)
    assert rows.column("mail_status").to_pylist() == ["empty", "empty", "invalid: E_EMAIL"]
    assert rows.column("mail_token").to_pylist()[:2] == [None, None]


def test_plain_columns_arrive_as_they_stand():
    """Null tokens of a plain column are dealt with once, in the view."""
    rows = lake_rows(chunk(no=["007", " 7 "], age=["n/a", ""]), TABLE, ORIGIN, KEY)
    assert rows.column("no").to_pylist() == ["007", " 7 "]
    assert rows.column("age").to_pylist() == ["n/a", ""]


def test_another_key_gives_other_tokens():
    given = chunk(no=["1"], mail=["ann@example.org"])
    ours, theirs = (lake_rows(given, TABLE, ORIGIN, key) for key in (KEY, b"x" * 32))
    assert ours.column("mail_token") != theirs.column("mail_token")
    expected, _ = tokenise(pa.chunked_array([["ann@example.org"]]), "email", KEY)
    assert ours.column("mail_token").to_pylist() == expected.to_pylist()


def test_every_row_carries_its_place_and_batch():
    rows = lake_rows(chunk(no=["1", "2"]), TABLE, ORIGIN, KEY).to_pylist()
    assert [(row["record_no"], row["byte_offset"]) for row in rows] == [(1, 0), (2, 10)]
    assert {(r["batch_id"], r["source_file_sha256"], r["extracted_at"]) for r in rows} == {
        ("batch-1", "file-1", ORIGIN.extracted_at)
    }


def test_an_empty_chunk_keeps_columns_and_types():
    full = lake_rows(chunk(no=["1"], mail=["a@b.org"]), TABLE, ORIGIN, KEY)
    given = chunk(no=["1"])
    empty = lake_rows(Chunk(given.rows.slice(0, 0)), TABLE, ORIGIN, KEY)
    assert empty.num_rows == 0
    assert empty.schema.equals(full.schema)


def test_the_vault_gets_the_values_as_they_were_by_record():
    kept = vault_rows(chunk(no=["1", "2"], mail=["Ann@Example.org", "n/a"]), TABLE)
    assert set(kept) == {"mail", "alias"}
    assert kept["mail"].to_pylist() == [
        {"record_no": 1, "value": "Ann@Example.org"},
        {"record_no": 2, "value": "n/a"},
    ]


@pytest.mark.parametrize("raw", [b"", b"\xff\x00,\n", "关系".encode()])
def test_refused_records_keep_their_bytes(raw):
    given = Chunk(chunk(no=["1"]).rows, (RefusedRecord(9, 120, raw, "E_ENCODING"),))
    assert refused_rows(given).to_pylist() == [{"record_no": 9, "raw": raw}]


def test_nothing_refused_is_an_empty_table_of_the_same_types():
    nothing = refused_rows(chunk(no=["1"]))
    assert nothing.num_rows == 0
    assert [str(kind) for kind in nothing.schema.types] == ["int64", "binary"]


def test_a_list_of_handles_leaves_a_list_of_tokens_equal_to_those_of_single_handles():
    handle = {"identifying": "handle"}
    table = SourceTable.model_validate(
        source_table(
            {"customers": {"map": {"customer_source_id": "no"}}},
            columns={"no": "plain", "author": handle, "named": {**handle, "is_list": True}},
            null_tokens=["", "[]"],
        )
    )
    rows = pa.table(
        {
            "no": ["1", "2"],
            "author": ["@Ann", "@bob"],
            "named": ['["@bob", "@ANN"]', "[]"],
            "record_no": [1, 2],
            "byte_offset": [0, 10],
        }
    )
    ann, bob = lake_rows(Chunk(rows), table, ORIGIN, KEY).to_pylist()
    assert ann["named_token"] == f'["{bob["author_token"]}","{ann["author_token"]}"]'
    assert (ann["named_status"], bob["named_status"]) == ("valid", "empty")
    assert bob["named_token"] is None
    assert vault_rows(Chunk(rows), table)["named"]["value"].to_pylist() == [
        '["@bob", "@ANN"]',
        "[]",
    ]
