"""Databases read by cursor: only what is new is landed, however the cursor is declared."""

from __future__ import annotations

from collections import Counter

import pytest

from crm_tasks.connectors.spool import from_bytes
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.cursors import Reached
from tests.connectors.sources import source, table, texts


def reached_by(extract_):
    """Return where an extract ended, as the next one is told it."""
    cursor = extract_.facts["cursor"]
    digests = from_bytes(extract_.seen).column("digest").to_pylist()
    return Reached(cursor["high"], cursor["low"], cursor["type"], Counter(digests))


@pytest.mark.parametrize("name", ["postgres_server", "mariadb_server", "sqlite"])
@pytest.mark.parametrize(
    ("column", "overlap", "read_again"),
    [("id", 0, 1), ("id", 5, 6), ("at", "2 hours", 3)],
)
def test_by_cursor_only_what_is_new_is_landed(  # noqa: PLR0913, PLR0917
    name, column, overlap, read_again, request, extract, sqlite_file
):
    def rows(first, last):
        values = (f"({n}, '2024-05-01 {n:02d}:00:00', 'x{n}')" for n in range(first, last + 1))
        return f"insert into growing values {', '.join(values)}"

    run = sqlite_file if name == "sqlite" else request.getfixturevalue(name).run
    run(
        "drop table if exists growing",
        "create table growing (id bigint, at timestamp null default null, b text)",
        rows(1, 20),
        *(["grant select on growing to reader"] if name == "postgres_server" else []),
    )
    url = "sqlite:///shop.db" if name == "sqlite" else request.getfixturevalue(name).url
    cursor = {"column": column, "overlap": overlap}
    for asked in (
        table("growing", ("id", "at", "b"), cursor=cursor),
        table("growing", ("id", "at", "b"), query="select * from growing", cursor=cursor),
    ):
        (first,) = extract(source(url, asked))
        (again,) = extract(source(url, asked), {"growing": reached_by(first)})
        assert (first.n_read, first.n_new) == (20, 20)
        assert (again.n_read, again.n_new) == (read_again, 0)
        run(rows(21, 22))
        (later,) = extract(source(url, asked), {"growing": reached_by(first)})
        assert (later.n_read, later.n_new) == (read_again + 2, 2)
        assert [row["id"] for row in texts(later)] == ["21", "22"]
        assert later.facts["kind"] == "incremental"
        run("delete from growing where id > 20")


def test_a_cursor_of_text_takes_no_overlap(sqlite_file, extract):
    url = sqlite_file("create table t (a text)", "insert into t values ('x'), ('y')")
    asked = table(cursor={"column": "a", "overlap": 3})
    with pytest.raises(LandingRefused, match="E_CURSOR"):
        extract(source(url, asked))
