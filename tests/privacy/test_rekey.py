"""New names for old ones: consistent, inside longer keys too, and nothing else changes."""

from __future__ import annotations

import json

import pyarrow as pa

from crm_tasks.privacy.keys import keyed_digest
from crm_tasks.privacy.rekey import handle_crosswalk, id_crosswalk, rekeyed, token_crosswalk
from crm_tasks.privacy.tokens import normalised

OLD, NEW = b"old key", b"new key"
A, B = "a" * 32, "b" * 32


def token_of(key, kind, value):
    return keyed_digest(key, kind, normalised(kind, value))


def test_a_table_without_old_names_is_left_alone():
    rows = pa.table({"id": ["short", None, "c" * 32], "n": [1, 2, 3]})
    assert rekeyed(rows, {A: B}) is None


def test_old_names_go_alone_and_inside_longer_keys():
    rows = pa.table(
        {"key": [A, f"{A}|same_household|{'c' * 32}", None], "n": [1, 2, None]},
        schema=pa.schema([pa.field("key", pa.string()), pa.field("n", pa.int64())]),
    )
    fresh = rekeyed(rows, {A: B})
    assert fresh["key"].to_pylist() == [B, f"{B}|same_household|{'c' * 32}", None]
    assert fresh["n"].to_pylist() == [1, 2, None]
    assert fresh.schema == rows.schema


def test_two_names_that_swap_are_swapped_once():
    rows = pa.table({"key": [A, B]})
    assert rekeyed(rows, {A: B, B: A})["key"].to_pylist() == [B, A]


def test_the_token_tells_what_kind_its_column_was_declared_as():
    values = ["Ann@Example.org", None, "ann@example.org ", "+44 7400 100000"]
    kinds = ("email", "email", "email", "phone")
    tokens = [v and token_of(OLD, kind, v) for kind, v in zip(kinds, values, strict=True)]
    found = token_crosswalk(values, tokens, OLD, NEW)
    assert found == {
        token_of(OLD, "email", "ann@example.org"): token_of(NEW, "email", "ann@example.org"),
        token_of(OLD, "phone", values[3]): token_of(NEW, "phone", values[3]),
    }


def test_each_element_of_a_list_has_a_token_of_its_own():
    values = ["ann", "bob"]
    tokens = [token_of(OLD, "handle", value) for value in values]
    found = token_crosswalk([json.dumps(values)], [json.dumps(tokens)], OLD, NEW)
    assert found == {
        token: token_of(NEW, "handle", value) for token, value in zip(tokens, values, strict=True)
    }


def test_every_record_may_have_founded_a_customer():
    found = id_crosswalk([("crm", "1"), ("shop", "1")], OLD, NEW)
    assert found == {
        keyed_digest(OLD, source, "1"): keyed_digest(NEW, source, "1") for source in ("crm", "shop")
    }
    assert list(handle_crosswalk(["1"], OLD, NEW).values()) == [token_of(NEW, "handle", "1")]
