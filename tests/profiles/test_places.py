"""Where a source is: exactly one place, nothing secret in the file, tables that fit the place."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from crm_tasks.profiles import Source
from crm_tasks.profiles.databases import Cursor, Database
from crm_tasks.profiles.web import Paging, Request, Web

SECRET = "CRM_SECRET_SHOP"


def message(model, **given):
    """Return why something cannot be said."""
    with pytest.raises(ValidationError) as error:
        model.model_validate(given)
    return str(error.value.errors(include_input=False))


def source(place, **table):
    base = {"name": "t", "columns": {"a": "plain"}, "feeds": []}
    return {
        "source_system": "s",
        "known_at": {"rule": "event"},
        "tables": [{**base, **table}],
        **place,
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///data/shop.db", ("sqlite", "", "", "data/shop.db")),
        ("postgresql://reader@db:5432/shop", ("postgresql", "reader", "db:5432", "shop")),
        ("mariadb://r%40x@[::1]:3306/shop", ("mysql", "r@x", "[::1]:3306", "shop")),
        (
            "mongodb://a:27017,b:27017/shop?replicaSet=rs",
            ("mongodb", "", "a:27017,b:27017", "shop"),
        ),
    ],
)
def test_a_database_is_named_by_a_url(url, expected):
    found = Database(url=url)
    assert (found.kind, found.user, found.hosts, found.name) == expected
    assert found.user not in found.where or not found.user


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": "postgresql://r:canary@db/shop"}, "a password stands in the file"),
        ({"url": "postgresql://r:@db/shop"}, "a password stands in the file"),
        ({"url": "oracle://db/shop"}, "scheme one of sqlite, postgresql"),
        ({"url": "postgresql://db/"}, "names no database"),
        ({"url": "postgresql://db/shop?passfile=/x"}, "unknown parameters passfile"),
        ({"url": "mysql://db/shop?local_infile=1"}, "unknown parameters local_infile"),
        ({"url": "mongodb://db/shop?replicaSe=x"}, "did you mean 'replicaSet'"),
        ({"url": "sqlite://host/shop.db"}, "neither host nor user"),
        ({"url": "postgresql://db/shop", "password": SECRET}, "needs a user"),
        ({"url": "postgresql://r@db/shop", "password": "AIRFLOW_FERNET_KEY"}, "CRM_SECRET_"),
        ({"url": "postgresql://r@db/shop", "password": "CRM_KEY"}, "CRM_SECRET_"),
    ],
)
def test_a_database_that_cannot_be_or_gives_a_secret_away_is_refused(given, expected):
    found = message(Database, **given)
    assert expected in found
    assert "canary" not in found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": "ftp://site/"}, "expected http://host/"),
        ({"url": "https://"}, "expected http://host/"),
        ({"url": "https://u:canary@site/"}, "CRM_SECRET_"),
        ({"url": "https://site/?key=canary"}, "parameters belong to the request"),
        ({"url": "https://site:99999/"}, "expected http://host/"),
        ({"url": "https://site/", "robots": "agreed"}, "needs credentials"),
        ({"url": "https://site/", "credentials": {"secret": "CRM_KEY"}}, "CRM_SECRET_"),
        ({"url": "https://site/", "credentials": {"secret": SECRET, "header": "a: b"}}, "header"),
    ],
)
def test_a_web_server_that_cannot_be_or_gives_a_secret_away_is_refused(given, expected):
    found = message(Web, **given)
    assert expected in found
    assert "canary" not in found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"path": "items"}, "path"),
        ({"path": "//evil.example/x"}, "path"),
        ({"path": "/a/{account}"}, "the same names"),
        ({"path": "/a", "each": {"account": ["1"]}}, "the same names"),
        ({"path": "/a/{n}", "each": {"n": ["../../b"]}}, "each"),
        ({"path": "/a", "paging": {"by": "token", "at": "x"}}, "needs parameter"),
        ({"path": "/a", "paging": {"by": "next_link"}}, "needs at"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(given, expected):
    assert expected in message(Request, **given)
    assert Paging(by="link_header").first == 1


@pytest.mark.parametrize(
    ("place", "table", "expected"),
    [
        ({}, {"files": "x", "format": "csv"}, "exactly one of package, root, database and web"),
        (
            {"root": ".", "database": {"url": "sqlite:///x"}},
            {"files": "x", "format": "csv"},
            "exactly one of package, root, database and web",
        ),
        ({"root": "."}, {"table": "x", "format": "csv"}, "a table names files"),
        ({"root": "."}, {"files": "x"}, "format"),
        ({"root": "."}, {"files": "x", "format": "rows"}, "format here is one of csv"),
        ({"database": {"url": "sqlite:///x"}}, {"files": "x"}, "a table names table or query"),
        (
            {"database": {"url": "sqlite:///x"}},
            {"table": "x", "query": "select 1"},
            "a table names table or query",
        ),
        ({"database": {"url": "mongodb://h/x"}}, {"query": "x"}, "a table names table"),
        ({"web": {"url": "http://h"}}, {"files": "x"}, "a table names request"),
        (
            {"web": {"url": "http://h"}},
            {"request": {"path": "/"}, "format": "csv"},
            "format here is one of json, html",
        ),
        (
            {"root": "."},
            {"files": "x", "format": "csv", "cursor": {"column": "a"}},
            "only a database has a cursor",
        ),
        (
            {"database": {"url": "sqlite:///x"}},
            {"table": "x", "cursor": {"column": "b"}},
            "no plain column 'b'",
        ),
        (
            {"database": {"url": "sqlite:///x"}},
            {"table": "x", "cursor": {"column": "a"}, "load": "full"},
            "by cursor no extract is the whole table",
        ),
    ],
)
def test_a_table_must_fit_the_place_of_its_source(place, table, expected):
    assert expected in message(Source, **source(place, **table)).replace("\\'", "'")


def test_the_place_says_how_tables_are_written():
    places = {
        "rows": ({"database": {"url": "sqlite:///x"}}, {"table": "x"}),
        "documents": ({"database": {"url": "mongodb://h/x"}}, {"table": "x"}),
        "json": ({"web": {"url": "http://h"}}, {"request": {"path": "/"}}),
    }
    for expected, (place, table) in places.items():
        (found,) = Source.model_validate(source(place, **table)).tables
        assert found.format == expected
    assert found.text_columns == ("a", "raw_payload", "fetched_url", "fetched_at")


def test_an_overlap_is_a_number_or_a_time():
    assert Cursor(column="a", overlap="3 days").overlap_time == dt.timedelta(days=3)
    assert Cursor(column="a", overlap=5).overlap == 5
    for wrong in ("3 weeks", "-1 days", -1, "many"):
        assert "overlap" in message(Cursor, column="a", overlap=wrong)
