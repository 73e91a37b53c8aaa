"""The same facts give the same tables, whatever their order, the threads or the hash seed."""

from __future__ import annotations

from crm_tasks.contracts import published_tables
from crm_tasks.contracts.entities import METADATA
from crm_tasks.warehouse.query import query_served
from tests.faults.kit import table_hashes

#: Landing metadata stays private: where a record lay, in which file, when it came.
PRIVATE = {name for name in METADATA if name != "source_system"}
#: The gates count rows landed, and the twin has landed rows of the future; staging keeps them.
COUNTS_LANDED_ROWS = {"bi.data_quality_status"}


def test_threads_hash_seed_row_order_and_future_rows_change_no_table(company, twin):
    company.restore("publish")
    undisturbed, disturbed = table_hashes(company.home), table_hashes(twin.home)
    assert len(undisturbed) > 40
    changed = {
        name
        for (name, partition), content in undisturbed.items()
        if disturbed.get((name, partition)) != content
    }
    assert changed - COUNTS_LANDED_ROWS == set()
    assert undisturbed.keys() == disturbed.keys()


def test_rows_of_the_future_were_landed_and_are_nowhere_to_be_seen(company, twin):
    company.restore("publish")
    lines = "select sum(n_loaded) as n from batches where table_name = 'lines'"
    landed = [home.ledger.store.rows(lines)[0]["n"] for home in (company, twin)]
    assert landed[1] == landed[0] + 3
    sold = "select count(*) as n, max(ordered_at)::varchar as last from core.fct_order_items"
    assert query_served(company.home, sold) == query_served(twin.home, sold)


def test_no_published_column_tells_how_a_row_was_landed():
    columns = {column for table in published_tables() for column in table.column_names}
    own = {t.full_name for t in published_tables() if PRIVATE & set(t.column_names)}
    assert len(columns) > 100
    assert {name for name in own if not name.startswith("ops.")} == set()
