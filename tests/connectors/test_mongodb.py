"""MongoDB: every type has a text, nothing is lost, a cursor that breaks begins anew."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter

import pytest
from bson import Binary, Decimal128, Int64, ObjectId, Regex, json_util
from bson.datetime_ms import DatetimeMS

from crm_tasks.connectors.databases.mongodb import document_chunks
from crm_tasks.connectors.spool import from_bytes
from crm_tasks.errors import LandingRefused, SettingsError, SourceUnavailable
from crm_tasks.landing.cursors import Reached
from crm_tasks.profiles import Source
from tests.connectors.mongo_on_loopback import mongo
from tests.connectors.sources import texts

OID = ObjectId("65f0c0ffee65f0c0ffee65f0")


def source(url, *tables, **more):
    return Source.model_validate(
        {
            "source_system": "shop",
            "database": {"url": url, "time_limit_seconds": 2, **more},
            "known_at": {"rule": "event"},
            "tables": list(tables),
        }
    )


def table(columns, **more):
    columns = dict.fromkeys(columns, "plain")
    name = more.pop("name", "events")
    return {"name": name, "table": name, "columns": columns, "feeds": [], **more}


def documents(found, columns, **more):
    """Return the chunks of documents read with these columns."""
    asked = source("mongodb://127.0.0.1/shop", table(columns, **more)).tables[0]
    return list(document_chunks(found, asked))


def rows(chunks):
    return [row for chunk in chunks for row in chunk.rows.to_pylist()]


@pytest.fixture
def server():
    with mongo() as running:
        yield running


def test_every_type_has_an_exact_text():
    values = {
        "_id": OID,
        "long": Int64(9007199254740993),
        "double": 12.5,
        "whole": 3.0,
        "money": Decimal128("12.50"),
        "at": dt.datetime(2024, 5, 1, 10, 0, tzinfo=dt.UTC),
        "far": DatetimeMS(10**15),
        "yes": True,
        "none": None,
        "text": "李雷",
        "ref": uuid.UUID("6f1ed002-ab58-4a2e-bf36-5d0bd1a0f2c1"),
        "list": [1, {"at": dt.datetime(2024, 5, 1, tzinfo=dt.UTC)}],
        "nan": float("nan"),
        "pattern": Regex("a+"),
    }
    (chunk,) = documents([values], [*values, "missing"])
    (row,) = rows([chunk])
    assert row == {
        "_id": "65f0c0ffee65f0c0ffee65f0", "long": "9007199254740993", "double": "12.5",
        "whole": "3", "money": "12.50", "at": "2024-05-01 10:00:00Z",
        "far": "1000000000000000 ms", "yes": "true", "none": None, "text": "李雷",
        "ref": "6f1ed002-ab58-4a2e-bf36-5d0bd1a0f2c1",
        "list": '[1,{"at":"2024-05-01 00:00:00Z"}]', "nan": "nan",
        "pattern": '{"$regularExpression": {"pattern": "a+", "options": ""}}', "missing": None,
        "raw_payload": None, "record_no": 1, "byte_offset": None,
    }  # fmt: skip
    assert chunk.columns["_id"] == "objectid"
    assert chunk.columns["at"] == "date"


def test_missing_mixed_and_nested_values_are_kept_and_told():
    found = [
        {"_id": 1, "user": {"id": "a", "mood": "x"}, "n": 1},
        {"_id": 2, "user": "b", "n": "one"},
        {"_id": 3, "extra": [1]},
    ]
    (chunk,) = documents(found, ["_id", "user.id", "n"], unknown_keys="plain")
    kept = [(row["user.id"], row["n"], row["raw_payload"]) for row in rows([chunk])]
    assert kept == [
        ("a", "1", '{"user":{"mood":"x"}}'),
        (None, "one", '{"user":"b"}'),
        (None, None, '{"extra":[1]}'),
    ]
    assert chunk.columns["n"] == "number|string"
    assert chunk.columns["extra"] == "array"


def test_a_document_that_does_not_fit_is_set_aside_with_all_its_types():
    found = [{"_id": OID, "a": 1}, {"_id": OID, "b": "x"}, {"_id": OID, "a": "bell\x07"}]
    (chunk,) = documents(found, ["_id", "a"], unknown_keys="refuse")
    assert chunk.rows.num_rows == 1
    assert [record.reason for record in chunk.refused] == ["E_UNKNOWN_KEY", "E_CONTROL_CHAR"]
    assert json_util.loads(chunk.refused[0].raw) == found[1]


def test_documents_inside_documents_are_rows():
    found = [{"_id": 7, "lines": [{"sku": "p"}, {"sku": "q"}]}, {"_id": 8}]
    chunks = documents(found, ["parent._id", "sku"], records="lines[]")
    assert [(row["parent._id"], row["sku"]) for row in rows(chunks)] == [("7", "p"), ("7", "q")]


def test_bytes_land_only_where_declared():
    found = [{"_id": 1, "a": {"b": Binary(b"\x00\xff")}}]
    with pytest.raises(LandingRefused, match=r"E_TYPE: .*a\.b holds bytes"):
        documents(found, ["_id", "a.b"])
    (row,) = rows(documents(found, ["_id", "a.b"], binary="hex"))
    assert row["a.b"] == "00ff"


def test_an_export_in_extended_json_reads_as_the_collection_does():
    """The lines are in the form that mongoexport writes."""
    lines = """\
{"_id":{"$oid":"65f0c0ffee65f0c0ffee65f0"},"at":{"$date":"2024-05-01T10:00:00.250Z"},\
"n":{"$numberLong":"9007199254740993"},"m":{"$numberDecimal":"12.50"}}
{"_id":{"$oid":"65f0c0ffee65f0c0ffee65f1"},"at":null,"n":3,"m":12.5}
"""
    options = json_util.JSONOptions(tz_aware=True)
    found = [json_util.loads(line, json_options=options) for line in lines.splitlines()]
    kept = [(r["at"], r["n"], r["m"]) for r in rows(documents(found, ["_id", "at", "n", "m"]))]
    assert kept == [
        ("2024-05-01 10:00:00.250000Z", "9007199254740993", "12.50"),
        (None, "3", "12.5"),
    ]


def test_a_source_is_read_over_the_wire_in_one_snapshot(server, extract):
    server.collections = {
        "events": [{"_id": n, "at": dt.datetime(2024, 5, 1, tzinfo=dt.UTC)} for n in range(3000)],
        "people": [{"_id": 1}],
    }
    events, people = extract(
        source(server.url, table(["_id", "at"]), table(["_id"], name="people"))
    )
    assert [row["_id"] for row in texts(events)] == [str(n) for n in range(3000)]
    assert (events.n_read, people.n_read) == (3000, 1)
    assert len(server.asked("getMore")) == 2
    first, second = server.asked("find")
    assert first["readConcern"] == {"level": "snapshot"}
    assert second["readConcern"]["atClusterTime"] is not None  # the moment of the first
    assert [chunk.notes for chunk in events.chunks()] == [frozenset()]


def test_a_server_without_snapshots_is_told_in_the_batch(server, extract):
    server.is_replicated = False
    server.collections = {"events": [{"_id": 1}]}
    (found,) = extract(source(server.url, table(["_id"])))
    (chunk,) = found.chunks()
    assert "no snapshot" in next(iter(chunk.notes))


def test_a_cursor_that_breaks_begins_the_whole_anew(server, extract):
    server.collections = {"events": [{"_id": n} for n in range(5000)]}
    server.drops_after = 2
    (found,) = extract(source(server.url, table(["_id"])))
    assert [row["_id"] for row in texts(found)] == [str(n) for n in range(5000)]
    assert found.n_read == 5000
    assert len(server.asked("find")) == 2


@pytest.mark.parametrize(
    ("column", "values", "overlap", "read_again"),
    [
        ("_id", [ObjectId(f"{n:08x}" + "a" * 16) for n in range(1, 23)], "3 seconds", 4),
        ("at", [dt.datetime(2024, 5, d, tzinfo=dt.UTC) for d in range(1, 23)], "2 days", 3),
        ("n", [Int64(n) for n in range(1, 23)], 2, 3),
        ("user.seen", [f"s{n:02d}" for n in range(1, 23)], 0, 1),
    ],
)
def test_by_cursor_only_what_is_new_is_landed(
    server,
    extract,
    column,
    values,
    overlap,
    read_again,
):
    def document(number, value):
        nested = {"user": {"seen": value}} if column == "user.seen" else {column: value}
        return {"_id": number, **nested}

    made = [document(number, value) for number, value in enumerate(values)]
    cursor = {"column": column, "overlap": overlap}
    columns = ["_id"] if column == "_id" else ["_id", column]
    asked = source(server.url, table(columns, cursor=cursor))
    server.collections = {"events": made[:20]}
    (first,) = extract(asked)
    at = first.facts["cursor"]
    seen = Counter(from_bytes(first.seen).column("digest").to_pylist())
    reached = {"events": Reached(at["high"], at["low"], at["type"], seen)}
    server.collections = {"events": made}
    (later,) = extract(asked, reached)
    assert (first.n_new, later.n_read, later.n_new) == (20, read_again + 2, 2)


def test_what_the_server_refuses_is_told_without_its_words(server, extract, caplog):
    server.refuses = {"events"}
    with pytest.raises(SettingsError, match="refuses us") as raised:
        extract(source(server.url, table(["_id"])))
    assert "canary" not in str(raised.value) + caplog.text


def test_a_server_that_is_not_there_is_unavailable(extract):
    url = "mongodb://127.0.0.1:9/shop"
    with pytest.raises(SourceUnavailable, match=r"mongodb://127.0.0.1:9/shop does not"):
        extract(source(url, table(["_id"]), time_limit_seconds=1))
