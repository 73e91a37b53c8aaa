"""A check reaches each source, looks at a sample, says what is wrong, and keeps nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from crm_tasks.connectors.check import SAMPLE, check_source
from crm_tasks.profiles import Source
from tests.connectors.databases_on_loopback import PASSWORD
from tests.connectors.mongo_on_loopback import mongo
from tests.connectors.web_on_loopback import Answer, site

SECRET = "CRM_SECRET_READER"


def source(place, *tables):
    return Source.model_validate(
        {
            "source_system": "s",
            **place,
            "known_at": {"rule": "event"},
            "tables": [{"columns": {"id": "plain"}, "feeds": [], **table} for table in tables],
        }
    )


def said(found, base):
    """Return level and message by table."""
    return {one.table: (one.level, one.message) for one in check_source(found, base)}


def test_every_table_of_files_is_looked_at(tmp_path):
    (tmp_path / "good.csv").write_text("id\n1\n")
    (tmp_path / "bad.csv").write_text("id,mail\n1,canary\n")
    tables = [
        {"name": name, "files": f"{name}.csv", "format": "csv"} for name in ("good", "bad", "gone")
    ]
    found = said(source({"root": "."}, *tables), tmp_path)
    assert found["good"] == ("ok", "1 records read, all fit")
    assert found["bad"][0] == found["gone"][0] == "error"
    assert "unknown class mail" in found["bad"][1]
    assert "no file matches gone.csv" in found["gone"][1]


def test_a_database_is_asked_for_a_sample_and_no_more(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("create table many (id integer)")
        connection.executemany("insert into many values (?)", [(n,) for n in range(1000)])
        connection.execute("create table none_yet (id integer)")
        connection.execute("create table other (no integer)")
        connection.commit()
    tables = [{"name": name, "table": name} for name in ("many", "none_yet", "other", "gone")]
    tables.append({"name": "asked", "query": "select id from many order by id"})
    found = said(source({"database": {"url": "sqlite:///t.db"}}, *tables), tmp_path)
    assert found["many"] == found["asked"] == ("ok", f"{SAMPLE} records read, all fit")
    assert found["none_yet"][0] == "warning"
    assert found["other"][0] == found["gone"][0] == "error"
    assert "missing columns id" in found["other"][1]
    assert "E_TABLE" in found["gone"][1]


@pytest.mark.parametrize("name", ["postgres_server", "mariadb_server"])
def test_one_wrong_table_of_a_server_does_not_hide_the_next(name, request, tmp_path, monkeypatch):
    monkeypatch.setenv(SECRET, PASSWORD)
    server = request.getfixturevalue(name)
    server.run(
        "drop table if exists few_rows",
        "create table few_rows (id int)",
        "insert into few_rows values (1)",
    )
    if name == "postgres_server":
        server.run("grant select on few_rows to reader")
    place = {"database": {"url": server.url, "password": SECRET}}
    tables = [{"name": "gone", "table": "gone"}, {"name": "some", "table": "few_rows"}]
    found = said(source(place, *tables), tmp_path)
    assert (found["gone"][0], found["some"][0]) == ("error", "ok")
    monkeypatch.delenv(SECRET)
    found = said(source(place, *tables), tmp_path)
    assert {message for _, message in found.values()} == {
        f"{SECRET} is not set; the profile says that it lets into a source"
    }


def test_documents_tell_which_columns_no_sample_had(tmp_path):
    with mongo() as server:
        server.collections = {"events": [{"_id": n, "id": n} for n in range(3000)]}
        table = {"name": "events", "table": "events", "columns": {"id": "plain", "x": "plain"}}
        found = said(source({"database": {"url": server.url}}, table), tmp_path)
        assert found["events"] == ("warning", f"columns not seen in {SAMPLE} records: x")
        (asked,) = server.asked("find")
        assert asked["limit"] == SAMPLE


def test_of_the_web_one_page_is_asked_for(tmp_path):
    with site() as running:
        running.routes["/items"] = Answer([{"id": 1}], headers={"Link": '</next>; rel="next"'})
        running.routes["/login"] = Answer("<input type=password>")
        tables = [
            {"name": name, "request": {"path": f"/{name}", "paging": {"by": "link_header"}}}
            for name in ("items", "login", "gone")
        ]
        place = {"web": {"url": running.url, "requests_per_second": 100}}
        found = said(source(place, *tables), tmp_path)
        assert found["items"] == ("ok", "1 records read, all fit")
        assert "E_TYPE" in found["login"][1]
        assert "E_HTTP" in found["gone"][1]
        assert running.paths() == ["/items", "/login", "/gone"]


@pytest.mark.parametrize(
    "place",
    [
        {"database": {"url": "postgresql://127.0.0.1:9/shop"}},
        {"database": {"url": "mysql://127.0.0.1:9/shop"}},
        {"web": {"url": "http://127.0.0.1:9"}},
    ],
)
def test_what_cannot_be_reached_is_an_error_at_once(place, tmp_path):
    table = {"request": {"path": "/"}} if "web" in place else {"table": "t"}
    found = said(source(place, {"name": "t", **table}), tmp_path)
    assert found["t"][0] == "error"
    assert "does not answer" in found["t"][1]


def test_a_record_that_does_not_fit_is_counted_and_not_quoted(tmp_path):
    lines = "\n".join([json.dumps({"id": "canary\u0007"}), json.dumps({"id": 1})])
    (tmp_path / "t.jsonl").write_text(lines + "\n")
    table = {"name": "t", "files": "t.jsonl", "format": "jsonl"}
    found = said(source({"root": "."}, table), tmp_path)
    assert found["t"] == ("warning", "1 of 2 records do not fit: E_CONTROL_CHAR")
