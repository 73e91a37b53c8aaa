"""`crm sql` sees the served file and nothing else, and changes nothing."""

from __future__ import annotations

import pytest

from crm_tasks.errors import CrmError
from crm_tasks.warehouse.query import query_ops, query_served

#: `{home}` is the home that is read, `{out}` a path nothing may appear at.
ESCAPES = (
    # write a file
    "copy core.fct_orders to '{out}'",
    "copy (select 1) to '{out}' (format parquet)",
    "select 1; copy (select 1) to '{out}'",
    "export database '{out}'",
    "attach '{out}' as other",
    "pragma profile_output = '{out}'",
    "set log_query_path = '{out}'",
    "call enable_logging(storage = 'file', storage_config = {{'path': '{out}'}})",
    "call enable_profiling(save_location = '{out}')",
    # read a file
    "select * from read_text('/etc/hostname')",
    "select * from read_blob('{home}/keys/crm.key')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_json('/etc/passwd')",
    "select * from read_parquet('{home}/serve/parquet/core/fct_orders.parquet')",
    "select * from parquet_metadata('{home}/serve/parquet/core/fct_orders.parquet')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from '/etc/passwd'",
    "select * from '{home}/warehouse.duckdb'",
    "select * from query('select * from read_text(''/etc/hostname'')')",
    "select * from sqlite_scan('{home}/ops/ops.sqlite', 'runs')",
    "attach '{home}/warehouse.duckdb' as working (read_only)",
    "attach ':memory:' as other",
    "import database '{home}'",
    "copy core.fct_orders from '/etc/passwd'",
    "select getenv('HOME')",
    "select * from duckdb_secrets()",
    # load code
    "install httpfs",
    "load httpfs",
    "load '{out}.duckdb_extension'",
    "update extensions",
    # change the rules
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set global threads = 1",
    "reset memory_limit",
    "pragma memory_limit = '1GB'",
    "create persistent secret s (type s3, key_id 'a', secret 'b')",
    # change what is served
    "create table core.planted as select 1 as a",
    "begin; create table core.planted as select 1 as a; commit",
    "create view core.planted as select 1 as a",
    "insert into core.dim_dates select * from core.dim_dates",
    "update core.dim_customers set is_active = false",
    "delete from core.fct_orders",
    "drop table core.fct_orders",
    "alter table core.dim_dates add column a integer",
    "comment on table core.dim_dates is 'other'",
)

OPS_ESCAPES = (
    "attach '{out}' as other",
    "vacuum into '{out}'",
    "delete from runs",
    "update runs set state = 'published'",
    "select 1; delete from runs",
    "create temp table planted (a)",
    "drop table runs",
    "pragma journal_mode = delete",
    "pragma writable_schema = on",
    "select * from pragma_database_list",
    "select load_extension('{out}')",
    "select writefile('{out}', 'a')",
    "select readfile('/etc/passwd')",
)


@pytest.fixture(scope="module")
def published(company):
    company.restore("publish")
    return company.home


@pytest.mark.parametrize("statement", ESCAPES)
def test_a_statement_on_the_served_file_cannot_leave_or_change_it(published, tmp_path, statement):
    out, before = tmp_path / "out", fingerprint(published)
    with pytest.raises(CrmError, match="query: "):
        query_served(published, statement.format(out=out, home=published.root))
    assert list(tmp_path.iterdir()) == []
    assert fingerprint(published) == before


@pytest.mark.parametrize("statement", OPS_ESCAPES)
def test_a_statement_on_the_run_state_only_reads_it(published, tmp_path, statement):
    out, before = tmp_path / "out", query_ops(published, "select * from runs")
    with pytest.raises(CrmError, match="query on the run state: "):
        query_ops(published, statement.format(out=out))
    assert list(tmp_path.iterdir()) == []
    assert query_ops(published, "select * from runs") == before


def test_the_command_refuses_in_one_line_and_answers_what_it_may(published, crm, tmp_path):
    out = tmp_path / "out"
    refused = crm("sql", f"copy (select 1) to '{out}'", "--home", published.root)
    assert refused.returncode == 1
    assert "Permission Error" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not out.exists()
    query = "select count(*) as n from core.dim_customers"
    answered = crm("sql", query, "--format", "csv", "--home", published.root)
    assert (answered.returncode, answered.stdout) == (0, "n\n60\n")


def fingerprint(home):
    """Return name, size and time of all that is served."""
    stats = [(path, path.lstat()) for path in sorted(home.serve.rglob("*"))]
    return [(str(path), stat.st_size, stat.st_mtime_ns, stat.st_mode) for path, stat in stats]
