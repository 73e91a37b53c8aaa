"""SQL databases: values exact, one moment for all tables, nothing half read, errors that speak."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from crm_tasks.connectors.databases.reading import snapshot
from crm_tasks.connectors.extracts import Extraction
from crm_tasks.errors import LandingRefused, SettingsError, SourceUnavailable
from tests.connectors.databases_on_loopback import PASSWORD
from tests.connectors.sources import SECRET, refused, source, table, texts

# --- values --------------------------------------------------------------------------------------


def test_postgresql_hands_over_what_no_driver_type_can_hold(postgres_server, extract):
    postgres_server.run(
        "drop table if exists kinds",
        "create table kinds (id bigint primary key, amount numeric(10,2), day date, "
        "at timestamptz, wall timestamp, ok boolean, ref uuid, doc json, tags text[], note text)",
        "insert into kinds values (9007199254740993, 12.50, '2024-02-29', "
        "'2024-05-01 12:00:00+02', '2024-05-01 12:00:00.25', true, "
        "'6f1ed002-ab58-4a2e-bf36-5d0bd1a0f2c1', '{\"n\":1.50}', '{a,b}', E'李雷\\n\"x\"')",
        "insert into kinds values (2, 'NaN', '0044-03-15 BC', 'infinity', null, false, "
        "null, null, null, '')",
        "grant select on kinds to reader",
    )
    columns = ("note", "id", "amount", "day", "at", "wall", "ok", "ref", "doc", "tags")
    (found,) = extract(source(postgres_server.url, table("kinds", columns)))

    second, first = texts(found)  # ordered by the primary key
    assert first == {
        "id": "9007199254740993", "amount": "12.50", "day": "2024-02-29",
        "at": "2024-05-01 10:00:00+00", "wall": "2024-05-01 12:00:00.25", "ok": "true",
        "ref": "6f1ed002-ab58-4a2e-bf36-5d0bd1a0f2c1", "doc": '{"n":1.50}', "tags": "{a,b}",
        "note": '李雷\n"x"',
    }  # fmt: skip
    assert (second["amount"], second["day"], second["at"]) == ("NaN", "0044-03-15 BC", "infinity")
    assert (second["note"], second["wall"]) == ("", None)
    chunk = next(found.chunks())
    assert chunk.columns["amount"] == "numeric(10,2)"
    assert chunk.columns["at"] == "timestamptz"


def test_mariadb_hands_over_zero_dates_bits_and_narrow_text(mariadb_server, extract):
    mariadb_server.run(
        "drop table if exists kinds",
        "set session sql_mode = ''",
        "create table kinds (id bigint unsigned primary key, flag tinyint(1), day date, "
        "wall datetime(3), at timestamp null, amount decimal(18,2), bits bit(10), "
        "note varchar(20) character set utf8mb3, doc json) engine=innodb",
        "set session time_zone = '+02:00'",
        "insert into kinds values (18446744073709551615, 2, '0000-00-00', "
        "'2024-05-01 12:00:00.250', '2024-05-01 12:00:00', 0.10, b'1000000001', '李雷', '[1.0]')",
    )
    columns = ("id", "flag", "day", "wall", "at", "amount", "bits", "note", "doc")
    (found,) = extract(source(mariadb_server.url, table("kinds", columns)))

    assert texts(found) == [{
        "id": "18446744073709551615", "flag": "2", "day": "0000-00-00",
        "wall": "2024-05-01 12:00:00.250", "at": "2024-05-01 10:00:00Z", "amount": "0.10",
        "bits": "513", "note": "李雷", "doc": "[1.0]",
    }]  # fmt: skip
    (chunk,) = found.chunks()
    assert chunk.columns["amount"] == "decimal(18,2)"
    assert any("note is utf8mb3" in note for note in chunk.notes)


def test_sqlite_keeps_text_in_a_number_column_and_refuses_what_is_no_text(sqlite_file, extract):
    url = sqlite_file(
        "create table t (a integer primary key, b int, c text)",
        "insert into t values (1, 7, 'x'), (2, 'seven', 'y'), (3, 2.5, cast(x'ff' as text)), "
        "(4, null, 'tab' || char(9)), (5, 0, 'bell' || char(7))",
    )
    (found,) = extract(source(url, table(columns=("a", "b", "c"))))

    assert [row["b"] for row in texts(found)] == ["7", "seven", None]
    assert refused(found) == ["E_ENCODING", "E_CONTROL_CHAR"]
    (chunk,) = found.chunks()
    assert chunk.refused[0].raw == b'{"a": "3", "b": "2.5", "c": "\xff"}'
    assert chunk.columns == {"a": "integer", "b": "int", "c": "text"}


def test_a_view_and_a_query_are_read_as_a_table_is(sqlite_file, extract):
    url = sqlite_file(
        "create table t (a integer, b text)",
        "insert into t values (2, '10:30 o''clock'), (1, 'y')",
        "create view v as select a, b from t",
    )
    asked = "select a, b from t where b <> ':none' order by a;"
    view, query = extract(source(url, table("v", ("a", "b")), table("q", ("a", "b"), query=asked)))
    assert sorted(map(str, texts(view))) == sorted(map(str, texts(query)))
    assert [row["a"] for row in texts(query)] == ["1", "2"]


@pytest.mark.parametrize(("declared", "expected"), [("refuse", None), ("hex", "00ff")])
def test_bytes_land_only_where_the_profile_says_so(
    postgres_server, mariadb_server, sqlite_file, extract, declared, expected
):
    for server, binary, value in (
        (postgres_server, "bytea", "'\\x00ff'"),
        (mariadb_server, "varbinary(9)", "x'00ff'"),
    ):
        server.run(
            "drop table if exists raw",
            f"create table raw (a {binary})",
            f"insert into raw values ({value})",
        )
    postgres_server.run("grant select on raw to reader")
    urls = [postgres_server.url, mariadb_server.url]
    urls.append(sqlite_file("create table raw (a blob)", "insert into raw values (x'00ff')"))
    for url in urls:
        asked = source(url, table("raw", binary=declared))
        if expected is None:
            with pytest.raises(LandingRefused, match=r"E_TYPE: .*column a holds bytes"):
                extract(asked)
        else:
            assert texts(extract(asked)[0]) == [{"a": expected}]


def test_a_column_nobody_declared_refuses_the_table(sqlite_file, extract):
    url = sqlite_file("create table t (a int, mail text)", "insert into t values (1, 'canary')")
    with pytest.raises(LandingRefused, match=r"E_HEADER: .*unknown class mail") as error:
        extract(source(url, table()))
    assert "canary" not in str(error.value)


def test_an_optional_column_may_be_missing_and_is_null_then(sqlite_file, extract):
    url = sqlite_file("create table t (a int)", "insert into t values (1)")
    asked = table(columns=("later", "a"), optional_columns=["later"])
    assert texts(extract(source(url, asked))[0]) == [{"later": None, "a": "1"}]


# --- one moment ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["postgres_server", "mariadb_server", "sqlite"])
def test_all_tables_are_read_as_one_moment_while_somebody_writes(
    name, request, tmp_path, sqlite_file, monkeypatch
):
    monkeypatch.setenv(SECRET, PASSWORD)
    make = [
        "drop table if exists two", "drop table if exists one",
        "create table one (a int primary key)", "create table two (a int primary key)",
        "insert into one values (1), (2)", "insert into two values (1), (2)",
    ]  # fmt: skip
    if name == "sqlite":
        url, write = sqlite_file("pragma journal_mode = wal", *make), sqlite_file
    else:
        server = request.getfixturevalue(name)
        server.run(*make)
        url, write = server.url, server.run
        if name == "postgres_server":
            write("grant select on one, two to reader")
    from crm_tasks.connectors.databases import place_of

    asked = source(url, table("one"), table("two"))
    place = place_of(asked, tmp_path)
    with snapshot(place, asked.tables) as opened:
        before = [chunk.rows.num_rows for chunk in opened.chunks(asked.tables[0])]
        write(
            "insert into one values (3)",
            "insert into two values (3)",
            "delete from two where a = 1",
        )
        after = [row for chunk in opened.chunks(asked.tables[1]) for row in chunk.rows["a"]]
    assert sum(before) == 2
    assert [value.as_py() for value in after] == ["1", "2"]


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["postgres_server", "mariadb_server"])
def test_a_connection_killed_while_reading_begins_the_whole_anew(
    name, request, extract, monkeypatch
):
    server = request.getfixturevalue(name)
    is_postgres = name == "postgres_server"
    many = (
        "insert into many select g, repeat('x', 500) from generate_series(1, 30000) g"
        if is_postgres
        else "insert into many select seq, repeat('x', 500) from seq_1_to_30000"
    )
    server.run(
        "drop table if exists many", "create table many (a int primary key, b text)", many,
        *(["grant select on many to reader"] if is_postgres else []),
    )  # fmt: skip
    kill = (
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'"
        if is_postgres
        else "select concat('kill ', id) from information_schema.processlist where user = 'reader'"
    )
    begun = []
    add = Extraction.add

    def add_and_kill_once(self, chunk):
        add(self, chunk)
        if self.n_read == chunk.rows.num_rows:  # the first chunk of an attempt
            begun.append(self)
            if len(begun) == 1:
                killed = server.rows(kill)
                assert killed
                if not is_postgres:
                    server.run(*(row[0] for row in killed))
                server.run("update many set b = 'y' where a = 30000")

    monkeypatch.setattr(Extraction, "add", add_and_kill_once)
    (found,) = extract(source(server.url, table("many", ("a", "b"))))

    assert len(begun) == 2
    rows = texts(found)
    assert len(rows) == found.n_read == 30_000
    assert {row["a"] for row in rows} == {str(n) for n in range(1, 30_001)}
    assert rows[-1] == {"a": "30000", "b": "y"}  # the second moment, whole


def test_a_locked_sqlite_file_is_waited_for_and_then_named(sqlite_file, extract, tmp_path):
    url = sqlite_file("create table t (a int)", "insert into t values (1)")
    holder = sqlite3.connect(tmp_path / "shop.db", isolation_level=None, check_same_thread=False)
    holder.execute("begin exclusive")
    asked = source(url, table(), time_limit_seconds=1)
    with pytest.raises(SourceUnavailable, match="locked by another program"):
        extract(asked)

    release = threading.Timer(0.3, lambda: holder.execute("commit"))
    release.start()
    assert texts(extract(asked)[0]) == [{"a": "1"}]
    release.join()
    holder.close()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, SourceUnavailable, "no file"),
        (b"id,name\n1,x\n", LandingRefused, "E_TYPE: shop.db is no SQLite database"),
        (b"SQLite format 3\x00" + b"\xff" * 600, LandingRefused, "E_TYPE"),
        (b"", LandingRefused, "E_TABLE"),
    ],
)
def test_a_file_that_is_no_database_is_told_so(tmp_path, extract, content, error, message):
    if content is not None:
        (tmp_path / "shop.db").write_bytes(content)
    with pytest.raises(error, match=message):
        extract(source("sqlite:///shop.db", table()))


@pytest.mark.parametrize("name", ["postgres_server", "mariadb_server"])
def test_what_the_database_refuses_is_told_without_anything_secret(
    name, request, extract, monkeypatch, caplog
):
    server = request.getfixturevalue(name)
    server.run("drop table if exists closed", "create table closed (a int)")
    if name == "mariadb_server":
        server.run("create or replace table mysql.closed (a int)")
    cases = [
        (source(server.url, table("nowhere")), LandingRefused, "E_TABLE"),
        (source(server.url, table("q", query="select a frm x")), LandingRefused, "E_TABLE"),
        (source(server.url.replace("/shop", "/shopp"), table()), SettingsError, "refuses us"),
    ]
    hidden = "closed" if name == "postgres_server" else "mysql.closed"
    cases.append((source(server.url, table("c", table=hidden)), SettingsError, "refuses us"))
    for asked, error, expected in cases:
        with pytest.raises(error, match=expected) as raised:
            extract(asked)
        assert PASSWORD not in str(raised.value)
    monkeypatch.setenv(SECRET, "wrong-canary-password")
    with pytest.raises(SettingsError, match="refuses us") as raised:
        extract(source(server.url, table()))
    assert "canary" not in str(raised.value) + caplog.text
    monkeypatch.delenv(SECRET)
    with pytest.raises(SettingsError, match=f"{SECRET} is not set"):
        extract(source(server.url, table()))


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_unavailable(extract, scheme, monkeypatch, caplog):
    monkeypatch.setenv(SECRET, PASSWORD)
    asked = source(f"{scheme}://reader@127.0.0.1:9/shop", table(), time_limit_seconds=2)
    with pytest.raises(SourceUnavailable, match=f"{scheme}://127.0.0.1:9/shop does not answer"):
        extract(asked)
    assert "attempt 1" in caplog.text
    assert PASSWORD not in caplog.text


def test_nobody_can_write_through_a_source(postgres_server, mariadb_server, extract):
    for server in (postgres_server, mariadb_server):
        server.run("drop table if exists t", "create table t (a int)", "insert into t values (1)")
    postgres_server.run("grant all on t to reader")
    mariadb_server.run("grant all on shop.* to reader@localhost")
    sneaky = "with gone as (delete from t returning a) select a from gone"
    with pytest.raises(LandingRefused):
        extract(source(postgres_server.url, table("q", query=sneaky)))
    with pytest.raises((LandingRefused, SettingsError, SourceUnavailable)):
        extract(source(mariadb_server.url, table("q", query="delete from t returning a")))
    assert postgres_server.rows("select count(*) from t") == [(1,)]
    assert mariadb_server.rows("select count(*) from t") == ((1,),) or mariadb_server.rows(
        "select count(*) from t"
    ) == [(1,)]
