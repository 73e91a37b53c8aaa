"""A file is what its first bytes say."""

from __future__ import annotations

import json

import pytest

from crm_tasks.errors import LandingRefused
from crm_tasks.profiling.containers import Container, packed_by, propose_container


def kind(head: bytes) -> Container:
    return propose_container(head, "things.dat").value


def test_first_bytes_tell_what_packs_a_file():
    assert packed_by(b"\x1f\x8b\x08\x00", ()) == "gzip"
    assert packed_by(b"PK\x03\x04", ("a.csv",)) == "zip"
    assert packed_by(b"PK\x03\x04", ("[Content_Types].xml", "xl/workbook.xml")) == "none"
    assert packed_by(b"a,b\n", ()) == "none"


def test_first_bytes_tell_the_format():
    assert kind(b"PAR1....") == Container("parquet")
    assert kind(b"PK\x03\x04....") == Container("xlsx")
    assert kind(b"a;b\n1;2\n") == Container("csv")
    assert kind(b' [{"a": 1}]') == Container("json")
    assert kind(b'{"a": 1}\n{"a": 2}\n') == Container("jsonl")
    assert kind('\ufeff[{"a": 1}]'.encode("utf-16-le")) == Container("json")


def test_records_of_a_document_are_the_longest_array_of_objects():
    document = {"meta": [{"page": 1}], "data": {"items": [{"id": 1}, {"id": 2}]}, "tags": [1, 2, 3]}
    found = propose_container(json.dumps(document).encode(), "x.json")
    assert found.value == Container("json", "data.items")
    assert found.confidence < 0.8  # there is another


def test_a_document_without_records_is_said_to_be_open():
    found = propose_container(b'{"a": 1,\n "b": [1, 2]}', "x.json")
    assert found.value == Container("json")
    assert found.confidence < 0.5
    assert "set records" in found.remark.en


def test_one_object_on_one_line_is_a_line():
    assert kind(b'{"a": 1}') == Container("jsonl")


@pytest.mark.parametrize(
    ("head", "reason", "advice"),
    [
        (b"  \n", "E_EMPTY", "holds nothing"),
        (b"\xd0\xcf\x11\xe0....", "E_TYPE", "save it as .xlsx"),
        (b"SQLite format 3\x00", "E_TYPE", "database source"),
        (b"<html>", "E_TYPE", "export the data as CSV"),
    ],
)
def test_what_no_profile_reads_is_refused_with_advice(head, reason, advice):
    with pytest.raises(LandingRefused, match=reason) as refused:
        kind(head)
    assert advice in str(refused.value)
