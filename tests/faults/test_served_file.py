"""What the served file is: tables only, commented, read-only, without a person in it."""

from __future__ import annotations

import json
import stat
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from crm_tasks.contracts import published_tables
from crm_tasks.contracts.render import comment_statements
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served
from tests.faults.kit import REPOSITORY
from tests.flow.small_company import MEMBERS

DUCKDB15 = REPOSITORY / ".venv-duckdb15" / "bin" / "python"
#: What the small company's people can be told by: e-mail addresses, names, phones and streets.
WORDS = {word for name in MEMBERS for word in name.split()}
STREETS = {f"{name.split()[1][::-1]}" for name in MEMBERS}
TOLD_BY = [r"person\d+@example\.org", r"\+?(44|0) ?7400 ?1\d{5}", *sorted(WORDS | STREETS)]
PERSON = "|".join(TOLD_BY)
IDENTIFYING_NAMES = (
    "email", "e_mail", "phone", "display_name", "given_name", "family_name", "address", "handle",
    "cookie", "birth_date",
)  # fmt: skip
LOOK = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
found = connection.execute("select schema_name || '.' || table_name from duckdb_tables() "
                           "where not internal order by all").fetchall()
counts = [connection.execute(f"select count(*) from {name}").fetchall()[0][0] for name, in found]
comments = connection.execute("select count(*) from duckdb_columns() where not internal "
                              "and comment is not null").fetchall()[0][0]
print(json.dumps([duckdb.__version__, [name for name, in found], counts, comments]))
"""


@pytest.fixture(scope="module")
def published(company):
    company.restore("publish")
    return company.home


def test_it_holds_the_contracts_tables_and_nothing_else(published):
    found = rows(
        published, "select schema_name, table_name from duckdb_tables() where not internal"
    )
    expected = {(table.schema, table.name) for table in published_tables()}
    assert len(expected) > 40
    assert {tuple(row.values()) for row in found} == expected
    assert rows(published, "select * from duckdb_views() where not internal") == []
    assert rows(published, "select * from duckdb_indexes()") == []


def test_every_table_and_column_says_what_it_is(published):
    query = (
        "select schema_name, table_name, '' as column_name from duckdb_tables() "
        "where not internal and coalesce(comment, '') = '' union all "
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where not internal and coalesce(comment, '') = ''"
    )
    assert rows(published, query) == []


def test_nobody_can_write_it_and_no_log_lies_beside_it(published):
    file = served_file(published)
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    assert [
        path.name for path in published.serve.iterdir() if path.suffix in (".wal", ".tmp")
    ] == []


def test_no_column_names_a_person(published):
    names = rows(
        published, "select distinct column_name as n from duckdb_columns() where not internal"
    )
    found = {row["n"] for row in names}
    assert len(found) > 100
    telling = {name for name in found if any(word in name for word in IDENTIFYING_NAMES)} - {
        "has_email",
        "has_phone",
        "consent_email",
        "consent_phone",
    }
    assert telling == set()


def test_nothing_outside_the_vault_holds_what_the_source_calls_identifying(company):
    company.restore("publish")
    for name in ("customers.csv", "members.csv"):
        assert tells_a_person((company.profile.parent / "data" / name).read_bytes())
    home = company.home
    files = [p for p in home.root.rglob("*") if p.is_file() and home.vault not in p.parents]
    tables = [file for file in files if file.suffix == ".parquet"]
    assert len(tables) > 50
    assert [file for file in files if tells_a_person(file.read_bytes())] == []
    assert [file for file in tables if tells_a_person(as_text(pq.read_table(file)))] == []
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        working = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall()
        assert len(working) > 20
        for schema, name in working:
            told = connection.sql(f"from {schema}.{name}").to_arrow_table()
            assert not tells_a_person(as_text(told)), name
    for table in published_tables():
        served = query_served(home, f"from {table.full_name}")
        assert not tells_a_person(as_text(served)), table.full_name


@pytest.mark.skipif(not DUCKDB15.exists(), reason="no .venv-duckdb15: `make test` installs it")
def test_a_duckdb_1_5_client_opens_it_and_sees_the_same(published):
    done = subprocess.run(
        [DUCKDB15, "-c", LOOK, served_file(published)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    version, names, counts, n_comments = json.loads(done.stdout)
    assert version.startswith("1.5.")
    expected = published_tables()
    assert names == sorted(table.full_name for table in expected)
    assert counts == [query_served(published, f"from {name}").num_rows for name in names]
    assert n_comments == sum(len(table.columns) for table in expected)


def test_the_contracts_comments_are_the_files_comments(published):
    table = next(table for table in published_tables() if table.full_name == "core.fct_orders")
    found = rows(
        published,
        "select comment from duckdb_tables() where schema_name = 'core' "
        "and table_name = 'fct_orders'",
    )
    assert found == [{"comment": table.grain}]
    assert any(table.grain in statement for statement in comment_statements(table, "served"))


def tells_a_person(content):
    """Return whether bytes hold what a person can be told by: RE2 reads them once for all of it."""
    return pc.match_substring_regex(
        pa.scalar(content, pa.large_binary()), PERSON, ignore_case=True
    ).as_py()


def as_text(table):
    """Return a table's rows as bytes that a pattern can be looked for in."""
    return repr(table.to_pylist()).encode()


def rows(home, query):
    return query_served(home, query).to_pylist()
