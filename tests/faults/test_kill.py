"""kill -9 anywhere, then a plain rerun: the result is that of a run nothing disturbed."""

from __future__ import annotations

import json
import signal

import pytest

from crm_tasks.contracts import all_tables
from crm_tasks.warehouse.connection import sandboxed_reader
from crm_tasks.warehouse.hashes import content_hash
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.publications import served_file
from crm_tasks.warehouse.query import query_served
from tests.faults.kit import (
    CHILDREN,
    counts_of_run_state,
    leftovers,
    start_child,
    table_hashes,
    version_of,
)
from tests.faults.publish_again import fresh_publisher
from tests.flow.small_company import N_CUSTOMERS

N_BATCHES = 23

#: In the order in which a run gets there, so that one home can die at one after the other.
DEATHS_WHILE_LANDING = (
    "crm_tasks.warehouse.batches:reveal:before:3",
    "crm_tasks.steps.landing:record_batch:before:5",
    "crm_tasks.steps.landing:identify_run:before:1",
    "crm_tasks.steps.landing:record_coverage:before:1",
)
DEATHS_IN_A_PYTHON_STEP = (
    "crm_tasks.warehouse.tables:reveal:before:4",
    "crm_tasks.steps.runner:Ledger.finish:before:1",
)
#: Where publishing dies, and the version readers have then.
DEATHS_AT_PUBLISH = {
    "crm_tasks.warehouse.publish:Publisher._switch:before:1": 1,
    "crm_tasks.warehouse.publish:switch_link:before:2": 1,
    "crm_tasks.warehouse.publish:insert_rows:before:1": 2,
    "crm_tasks.warehouse.publish:remove_old_versions:before:1": 2,
}


def test_files_are_landed_once_however_often_landing_dies(company):
    company.restore(None)
    for point in DEATHS_WHILE_LANDING:
        company.run_killed_at(point)
    company.land()
    undisturbed = company.undisturbed("land")
    assert len(landed(company.home)) == N_BATCHES
    assert landed(company.home) == landed(undisturbed)
    assert counts_of_run_state(company.home) == counts_of_run_state(undisturbed)
    assert leftovers(company.home) == []


def test_a_layer_that_dies_with_dbt_is_built_again(company):
    company.restore("identity")
    company.run_killed_in_dbt("core.fct_orders")
    company.run(until="core.fct_orders")
    undisturbed = company.undisturbed("core")
    assert working_hashes(company.home, "core") == working_hashes(undisturbed, "core")
    assert counts_of_run_state(company.home) == counts_of_run_state(undisturbed)
    assert leftovers(company.home) == []


@pytest.mark.parametrize("point", DEATHS_IN_A_PYTHON_STEP)
def test_a_python_step_that_dies_while_it_writes_is_done_again(company, point):
    company.restore("gate_features")
    company.run_killed_at(point)
    company.run(until="graph.edges")
    undisturbed = company.undisturbed("relationships")
    assert manifests(company.home, "graph") == manifests(undisturbed, "graph")
    assert counts_of_run_state(company.home) == counts_of_run_state(undisturbed)
    assert leftovers(company.home) == []


@pytest.mark.slow
def test_a_run_that_dies_again_and_again_publishes_what_it_would_have(company):
    company.restore("gate_strategy")
    company.run_killed_at("crm_tasks.warehouse.tables:reveal:before:1")
    company.run_killed_at("crm_tasks.warehouse.publish:insert_rows:before:1")
    company.run()
    undisturbed = company.undisturbed("publish")
    assert len(table_hashes(company.home)) > 40
    assert table_hashes(company.home) == table_hashes(undisturbed)
    assert counts_of_run_state(company.home) == counts_of_run_state(undisturbed)
    assert leftovers(company.home) == []


@pytest.mark.parametrize(("point", "version_seen"), DEATHS_AT_PUBLISH.items())
def test_readers_have_a_whole_version_wherever_publishing_dies(company, point, version_seen):
    company.restore("publish")
    before = table_hashes(company.home)
    publish_again = [str(CHILDREN / "publish_again.py"), str(company.home.root), "1"]
    dying = start_child([*publish_again, point])
    dying.communicate(timeout=60)
    assert dying.returncode == -signal.SIGKILL
    served = query_served(company.home, "select count(*) as n from bi.customer_360")
    assert served.to_pylist() == [{"n": N_CUSTOMERS}]
    assert version_of(served_file(company.home)) == version_seen
    after = fresh_publisher(company.home).publish()
    assert version_of(served_file(company.home)) == after.version > version_seen
    assert table_hashes(company.home) == before
    assert leftovers(company.home) == []


def landed(home):
    """Return what the ledger knows of the batches, but when they came, and the lake's rows."""
    batches = Ledger(home.ops_file).store.rows("select * from batches order by landing_sequence")
    files = sorted(home.landing.rglob("rows.parquet"))
    assert len(files) == len(batches)
    return [
        {name: value for name, value in batch.items() if name != "landed_at"} for batch in batches
    ]


def working_hashes(home, schema):
    """Return row count and content hash of the dbt tables of a schema of the working file."""
    tables = [t for t in all_tables() if t.schema == schema and t.writer == "dbt"]
    assert tables
    with sandboxed_reader(home.warehouse_file) as connection:
        return {
            table.name: content_hash(
                connection, f"{schema}.{table.name}", table.column_names, table.key
            )
            for table in tables
        }


def manifests(home, schema):
    """Return the manifest of every table a Python step handed over."""
    found = sorted((home.lake / schema).rglob("manifest.json"))
    assert found
    return [json.loads(path.read_text()) for path in found]
